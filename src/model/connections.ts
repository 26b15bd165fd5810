import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { AgentRequest, IAgentMessage } from '../core/wire/generated';
import type { IAnswer } from '../kernel/link';
import { AgentError, KernelLink } from '../kernel/link';
import type { IQuery } from '../kernel/query';
import { Lease } from './lease';

type Link = KernelLink<Kernel.IKernelConnection>;

/**
 * The connections of this page to one kernel: one for each notebook on it.
 *
 * All of them hear the same, so only the first is listened to; when it closes
 * the next takes its place.
 */
export class Connections implements IDisposable {
  /** @param viewer - names this page to the agent in each request */
  constructor(kernel: Kernel.IKernelConnection, viewer: string) {
    this._viewer = viewer;
    this._kernel = kernel;
    this.add(kernel);
  }

  /** Emitted when `kernel`, its status or the connection's may have changed. */
  get kernelChanged(): ISignal<this, void> {
    return this._kernelChanged;
  }

  /** Emitted for each message the agent pushes. */
  get messageReceived(): ISignal<this, IAgentMessage> {
    return this._messageReceived;
  }

  /** Emitted with the reason when a message makes no sense. */
  get messageRejected(): ISignal<this, string> {
    return this._messageRejected;
  }

  /** The connection in use; after the last one closed, that one. */
  get kernel(): Kernel.IKernelConnection {
    return this._links[0]?.kernel ?? this._kernel;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  add(kernel: Kernel.IKernelConnection): void {
    if (this._links.some(link => link.kernel === kernel)) {
      return;
    }
    this._kernel = kernel;
    const link: Link = new KernelLink(kernel);
    this._links.push(link);
    link.messageReceived.connect(this._onMessage, this);
    link.messageRejected.connect(this._onRejected, this);
    kernel.statusChanged.connect(this._onKernelChanged, this);
    kernel.connectionStatusChanged.connect(this._onKernelChanged, this);
  }

  /** Returns whether any connection is left. */
  remove(kernel: Kernel.IKernelConnection): boolean {
    const index = this._links.findIndex(link => link.kernel === kernel);
    this._links.splice(index, index < 0 ? 0 : 1).forEach(link => {
      this._close(link);
    });
    const isAnyLeft = this._links.length > 0;
    if (index === 0 && isAnyLeft) {
      this._kernelChanged.emit();
    }
    return isAnyLeft;
  }

  /**
   * Ask the agent over the connection in use.
   *
   * @throws what `KernelLink.request` throws
   */
  async request(request: AgentRequest): Promise<IAgentMessage> {
    const askedMs = Date.now();
    const message = await this._link().request(this._named(request));
    this.lease.note(askedMs);
    return message;
  }

  /**
   * Ask the agent a question over the connection in use.
   *
   * @throws what `KernelLink.ask` throws
   */
  async ask<T>(question: IQuery<T>): Promise<IAnswer<T>> {
    const askedMs = Date.now();
    const request = this._named(question.request);
    const answer = await this._link().ask({ ...question, request });
    this.lease.note(askedMs);
    return answer;
  }

  /** Tell the agent the last thing before the page goes away; see `KernelLink.tell`. */
  tell(request: AgentRequest): void {
    this._links[0]?.tell(this._named(request));
    this.lease.end();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._links.splice(0).forEach(link => this._close(link));
    Signal.clearData(this);
  }

  private _named(request: AgentRequest): AgentRequest {
    return { ...request, viewer: this._viewer };
  }

  private _link(): Link {
    const link = this._links[0];
    if (!link) {
      throw new AgentError(trans =>
        trans.__('There is no connection to the kernel')
      );
    }
    return link;
  }

  private _close(link: Link): void {
    const { kernel } = link;
    kernel.statusChanged.disconnect(this._onKernelChanged, this);
    kernel.connectionStatusChanged.disconnect(this._onKernelChanged, this);
    link.dispose();
  }

  private _onKernelChanged(kernel: Kernel.IKernelConnection): void {
    if (kernel === this.kernel) {
      this._kernelChanged.emit();
    }
  }

  private _onMessage(link: Link, message: IAgentMessage): void {
    if (link === this._links[0]) {
      this._messageReceived.emit(message);
    }
  }

  private _onRejected(link: Link, reason: string): void {
    if (link === this._links[0]) {
      this._messageRejected.emit(reason);
    }
  }

  /** Since when the agent has had no sign of this page. */
  readonly lease = new Lease();

  private readonly _viewer: string;
  private _kernel: Kernel.IKernelConnection;
  private readonly _links: Link[] = [];
  private _isDisposed = false;
  private readonly _kernelChanged = new Signal<this, void>(this);
  private readonly _messageReceived = new Signal<this, IAgentMessage>(this);
  private readonly _messageRejected = new Signal<this, string>(this);
}
