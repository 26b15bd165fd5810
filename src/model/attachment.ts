import type { Sentence } from '../core/text/translation';
import { english } from '../core/text/translation';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IAgentMessage } from '../core/wire/generated';
import { AgentError } from '../kernel/link';
import { Attempt } from './attempt';
import { Connections } from './connections';
import { outage } from './outage';
import type { ISettingsSource } from './settings';
import { Subscription } from './subscription';
import { AttachOptions } from './attachoptions';
import { AgentState } from './agentstate';
import type { MonitorStatus } from './tokens';

/**
 * Keeps the agent of one kernel attached for as long as a view shows it.
 *
 * It asks an idle kernel once, when woken; a restart, a lost connection or a
 * changed setting lead to another attempt.
 */
export class Attachment implements IDisposable {
  constructor(options: Attachment.IOptions) {
    this._source = options.source;
    this._options = new AttachOptions(options.source, options.viewer);
    this._kernel = options.kernel;
    this._viewer = options.viewer;
    this.connections = new Connections(options.kernel, options.viewer);
    this._subscription = new Subscription(this.connections, this._options);
    this.connections.kernelChanged.connect(this._onKernelChanged, this);
    this.connections.messageReceived.connect(this._onMessage, this);
    this.connections.messageRejected.connect(
      (_, reason) => this._messageRejected.emit(reason),
      this
    );
    this._source.settingsChanged.connect(this._onSettingsChanged, this);
  }

  readonly connections: Connections;

  /** Emitted when `status` or `busy` may have changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get messageReceived(): ISignal<this, IAgentMessage> {
    return this._messageReceived;
  }

  get messageRejected(): ISignal<this, string> {
    return this._messageRejected;
  }

  get status(): MonitorStatus {
    return this._agentState.shown(this.connections.kernel);
  }

  get failure(): Sentence | null {
    return this._agentState.failure;
  }

  get busy(): boolean {
    return this.connections.kernel.status === 'busy';
  }

  get isDisposed(): boolean {
    return this.connections.isDisposed;
  }

  /** Begin to watch: attaches as soon as the kernel can answer. */
  wake(): void {
    this._agentState.isWanted = true;
    void this._attach();
    this._onSettingsChanged();
  }

  /**
   * Stop watching: one request, after which nothing of the agent runs in the
   * kernel. A kernel that can't answer now is told when it next pushes.
   */
  sleep(): void {
    this._agentState.isWanted = false;
    void this._detach();
  }

  /** A person is there: see to it that an idle kernel pushes on to this page. */
  renew(): void {
    const isDue = this.connections.lease.isDue(Date.now());
    const { isWanted, status } = this._agentState;
    if (isWanted && isDue && !this.busy) {
      void (status === 'attached' ? this._attachAgain() : this._attach());
    }
  }

  /** The page goes away, and the agent is told in this moment; or it is back as it was. */
  setAway(isAway: boolean): void {
    this._agentState.isAway = isAway;
    const isTold = this._agentState.status === 'attached';
    if (isAway && (isTold || this._attempt.isUnderWay)) {
      this._subscription.leave();
      this._attempt.abandon();
      this._setStatus('asleep');
    }
    void this._attach();
  }

  /** Have the agent tell who uses the GPUs, or no longer; see `Terms.leftoverBytes`. */
  tellProcesses(leftoverBytes: number | null): void {
    this._options.leftoverBytes = leftoverBytes;
    this._onSettingsChanged();
  }

  /** Try again after a failure. */
  retry(): void {
    this._agentState.forgiveFailure();
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
    const mayAttach = this._agentState.mayAttach(this.connections.kernel);
    if (this._attempt.isUnderWay || this.isDisposed || !mayAttach) {
      return;
    }
    this._setStatus('connecting');
    await this._attempt.make(async () =>
      this._askToAttach(reason => this._fail(reason))
    );
    this._catchUp();
  }

  /** The same once more, while the figures stay. */
  private async _attachAgain(): Promise<void> {
    if (!this._attempt.isUnderWay) {
      // If it fails the lease ends, or the next renewal begins it anew.
      await this._attempt.make(async () => this._askToAttach(() => undefined));
      this._catchUp();
    }
  }

  /** Do what could not be done while a request was under way. */
  private _catchUp(): void {
    if (!this._agentState.isWanted) {
      void this._detach();
    } else {
      this._onSettingsChanged();
    }
  }

  /** Returns what follows from the answer, or from a failure. */
  private async _askToAttach(
    fail: (reason: unknown) => void
  ): Promise<() => void> {
    try {
      const message = await this._subscription.attach();
      return () => this._take(message);
    } catch (reason) {
      return () => fail(reason);
    }
  }

  private async _detach(): Promise<void> {
    const mayDetach =
      this._agentState.status === 'attached' && !this.isDisposed;
    if (!this._attempt.isUnderWay && mayDetach) {
      await this._attempt.make(async () => {
        const isOver = await this._subscription.detach();
        return () => isOver && this._setStatus('asleep');
      });
      void this._attach();
    }
  }

  private _take(message: IAgentMessage | null): void {
    if (message === null) {
      this._agentState.isForeign = true;
      this._setStatus('asleep');
      return;
    }
    if (message.kind === 'refused') {
      this._fail(
        new AgentError(
          message.reason ?? (trans => trans.__('The agent refused.'))
        )
      );
      return;
    }
    this._options.noteAnswer(true);
    this._agentState.failure = null;
    this._setStatus('attached');
    this._messageReceived.emit(message);
  }

  private _fail(reason: unknown): void {
    const failure = this._agentState.noteFailure(reason);
    this._emitChanged();
    if (failure !== null) {
      this._options.noteAnswer(false);
      this._messageRejected.emit(failure(english));
    }
  }

  private _onMessage(_: Connections, message: IAgentMessage): void {
    if (!this._agentState.isWanted) {
      // To another page, or still to us; then it is at work, and asking disturbs no client.
      if (!this._subscription.isOver) {
        this._agentState.status = 'attached';
        void this._detach();
      }
      return;
    }
    this._agentState.failure = null;
    this._setStatus('attached');
    this._messageReceived.emit(message);
    if (message.lapsed.includes(this._viewer)) {
      this._setStatus('asleep', true);
    }
  }

  private _onKernelChanged(): void {
    const { kernel } = this.connections;
    if (outage(kernel) !== null) {
      // The agent is gone, or else what it pushed meanwhile may be.
      this._abandon();
      this._agentState.status = 'asleep';
      this._agentState.isForeign = false;
    } else if (kernel !== this._kernel) {
      this._abandon();
    }
    this._kernel = kernel;
    if (kernel.status === 'idle' || this._agentState.status === 'asleep') {
      void this._attach();
    }
    if (kernel.status === 'idle' && this._options.isUnanswered) {
      this._tellAgain();
    }
    this._changed.emit();
  }

  private _abandon(): void {
    if (this._attempt.isUnderWay && this._agentState.status !== 'attached') {
      this._agentState.status = 'asleep';
    }
    this._attempt.abandon();
  }

  private _onSettingsChanged(): void {
    if (this._options.isOutdated) {
      this._tellAgain();
    }
  }

  private _tellAgain(): void {
    const { isTold, isWanted } = this._agentState;
    if (isTold && isWanted && !this._attempt.isUnderWay) {
      this._agentState.status = 'asleep';
      void this._attach();
    }
  }

  private _setStatus(status: MonitorStatus, hasLapsed = false): void {
    this._agentState.status = status;
    this._agentState.hasLapsed = hasLapsed;
    this._emitChanged();
  }

  private _emitChanged(): void {
    if (!this.isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _source: ISettingsSource;
  private readonly _viewer: string;
  private readonly _options: AttachOptions;
  private readonly _subscription: Subscription;
  /** The connection that was last in use. */
  private _kernel: Kernel.IKernelConnection;
  private readonly _agentState = new AgentState();
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
