import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IAgentMessage } from '../core/reading';
import { NoAnswerError } from '../kernel/ask';
import { BusyError } from '../kernel/channel';
import { AgentError } from '../kernel/link';
import { Attempt } from './attempt';
import { Connections } from './connections';
import { outage } from './outage';
import type { ISettingsSource } from './settings';
import { Terms } from './terms';
import type { MonitorStatus } from './tokens';

/**
 * Keeps the agent of one kernel attached for as long as somebody looks.
 *
 * It asks an idle kernel once, when woken; a restart, a lost connection or a
 * changed setting lead to another attempt.
 */
export class Attachment implements IDisposable {
  constructor(options: Attachment.IOptions) {
    this._source = options.source;
    this._terms = new Terms(options.source, options.viewer);
    this._kernel = options.kernel;
    this.connections = new Connections(options.kernel);
    this.connections.kernelChanged.connect(this._onKernelChanged, this);
    this.connections.messageReceived.connect(this._onMessage, this);
    this.connections.messageRejected.connect(this._onRejected, this);
    this._source.settingsChanged.connect(this._onSettingsChanged, this);
  }

  /** The connections to the kernel. */
  readonly connections: Connections;

  /** Emitted when `status` or `busy` may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted for each message that is to be shown. */
  get messageReceived(): ISignal<this, IAgentMessage> {
    return this._messageReceived;
  }

  /** Emitted with the reason when a message makes no sense. */
  get messageRejected(): ISignal<this, string> {
    return this._messageRejected;
  }

  get status(): MonitorStatus {
    if (this._isForeign) {
      return 'not-python';
    }
    const isStarting = this._isWanted && this._status === 'asleep';
    const own = isStarting ? 'connecting' : this._status;
    return outage(this.connections.kernel) ?? own;
  }

  /** Why `status` is `failed`. */
  get failure(): string | null {
    return this._failure;
  }

  get busy(): boolean {
    return this.connections.kernel.status === 'busy';
  }

  get isDisposed(): boolean {
    return this.connections.isDisposed;
  }

  /** Begin to watch: attaches as soon as the kernel can answer. */
  wake(): void {
    this._isWanted = true;
    void this._attach();
    this._onSettingsChanged();
  }

  /**
   * Stop watching: one request, after which nothing of the agent runs in the
   * kernel. A kernel that can't answer now is told when it next pushes.
   */
  sleep(): void {
    this._isWanted = false;
    void this._detach();
  }

  /** Have the agent tell who uses the GPUs, or no longer; see `Terms.leftoverBytes`. */
  tellProcesses(leftoverBytes: number | null): void {
    this._terms.leftoverBytes = leftoverBytes;
    this._onSettingsChanged();
  }

  /** Try again after a failure. */
  retry(): void {
    this._status = this._status === 'failed' ? 'asleep' : this._status;
    void this._attach();
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._source.settingsChanged.disconnect(this._onSettingsChanged, this);
      this._attempt.abandon();
      this.connections.dispose();
      Signal.clearData(this);
    }
  }

  private async _attach(): Promise<void> {
    if (this._attempt.isUnderWay || !this._mayAttach) {
      return;
    }
    this._setStatus('connecting');
    await this._attempt.make(async () => {
      try {
        return await this._askToAttach();
      } catch (reason) {
        return () => this._fail(reason);
      }
    });
    if (!this._isWanted) {
      void this._detach();
    } else {
      this._onSettingsChanged();
    }
  }

  /** Returns what follows from the answer. */
  private async _askToAttach(): Promise<() => void> {
    const { connections } = this;
    const info = await connections.kernel.info;
    if (info.language_info.name !== 'python') {
      return () => {
        this._isForeign = true;
        this._setStatus('asleep');
      };
    }
    const message = await connections.request(this._terms.attachRequest());
    return () => this._take(message);
  }

  /**
   * A kernel that is *starting*, or of *unknown* status, counts too: after it
   * restarted by itself, or a page was loaded, JupyterLab leaves it at that.
   */
  private get _mayAttach(): boolean {
    const { kernel } = this.connections;
    return (
      this._isWanted &&
      !this.isDisposed &&
      !this._isForeign &&
      this._status !== 'attached' &&
      // Every attempt ends with the kernel idle, so *idle* must not start another.
      this._status !== 'failed' &&
      kernel.status !== 'terminating' &&
      outage(kernel) === null
    );
  }

  private async _detach(): Promise<void> {
    const mayDetach = this._status === 'attached' && !this.isDisposed;
    if (!this._attempt.isUnderWay && mayDetach) {
      await this._attempt.make(() => this._askToDetach());
      void this._attach();
    }
  }

  private async _askToDetach(): Promise<() => void> {
    try {
      await this.connections.request(this._terms.detachRequest());
    } catch (reason) {
      if (reason instanceof BusyError) {
        // It goes on pushing, and is asked with its next push.
        return () => undefined;
      }
      // Whether it heard is unknown; if it did not it goes on pushing.
    }
    return () => this._setStatus('asleep');
  }

  private _take(message: IAgentMessage): void {
    if (message.kind === 'refused') {
      this._fail(new AgentError(message.reason ?? 'The agent refused'));
      return;
    }
    this._terms.noteAnswer(true);
    this._failure = null;
    this._setStatus('attached');
    this._messageReceived.emit(message);
  }

  private _fail(reason: unknown): void {
    // A push may have come first, which says more than a late answer.
    const isAttached = this._status === 'attached';
    // Without an answer the request has queued behind a cell, or the kernel is gone.
    if (reason instanceof BusyError || reason instanceof NoAnswerError) {
      this._setStatus(isAttached ? 'attached' : 'waiting');
      return;
    }
    this._terms.noteAnswer(false);
    const failure = reason instanceof Error ? reason.message : String(reason);
    if (!isAttached) {
      this._failure = failure;
      this._setStatus('failed');
    }
    this._messageRejected.emit(failure);
  }

  private _onMessage(_: Connections, message: IAgentMessage): void {
    if (!this._isWanted) {
      // It still pushes to us: the kernel is at work, so asking disturbs nobody.
      this._status = 'attached';
      void this._detach();
      return;
    }
    this._failure = null;
    this._setStatus('attached');
    this._messageReceived.emit(message);
  }

  private _onRejected(_: Connections, reason: string): void {
    this._messageRejected.emit(reason);
  }

  private _onKernelChanged(): void {
    const { kernel } = this.connections;
    if (outage(kernel) !== null) {
      // The agent is gone, or else what it pushed meanwhile may be.
      this._abandon();
      this._status = 'asleep';
      this._isForeign = false;
    } else if (kernel !== this._kernel) {
      this._abandon();
    }
    this._kernel = kernel;
    if (kernel.status === 'idle' || this._status === 'asleep') {
      void this._attach();
    }
    if (kernel.status === 'idle' && this._terms.isUnanswered) {
      this._tellAgain();
    }
    this._changed.emit();
  }

  private _abandon(): void {
    if (this._attempt.isUnderWay && this._status !== 'attached') {
      this._status = 'asleep';
    }
    this._attempt.abandon();
  }

  private _onSettingsChanged(): void {
    if (this._terms.isOutdated) {
      this._tellAgain();
    }
  }

  private _tellAgain(): void {
    const isTold = this._status === 'attached' || this._status === 'failed';
    if (isTold && this._isWanted && !this._attempt.isUnderWay) {
      this._status = 'asleep';
      void this._attach();
    }
  }

  private _setStatus(status: MonitorStatus): void {
    this._status = status;
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _source: ISettingsSource;
  private readonly _terms: Terms;
  /** The connection that was last in use. */
  private _kernel: Kernel.IKernelConnection;
  private _status: MonitorStatus = 'asleep';
  private _failure: string | null = null;
  private _isForeign = false;
  private _isWanted = false;
  /** To attach or to detach. */
  private readonly _attempt = new Attempt();
  private readonly _changed = new Signal<this, void>(this);
  private readonly _messageReceived = new Signal<this, IAgentMessage>(this);
  private readonly _messageRejected = new Signal<this, string>(this);
}

/** A namespace for `Attachment` statics. */
export namespace Attachment {
  /** What an attachment is made from. */
  export interface IOptions {
    readonly kernel: Kernel.IKernelConnection;
    readonly source: ISettingsSource;
    /** Names this page to the agent, so that two front ends do not stop each other's pushes. */
    readonly viewer: string;
  }
}
