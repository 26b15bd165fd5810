import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { ask, NoAnswerError, withinTime } from './ask';
import { Subshell } from './subshell';

/** Thrown when a busy kernel offers no way to ask it. */
export class BusyError extends Error {}

/** Most requests of others (completion, inspection) are over within this time. */
const PATIENCE_MS = 300;

/** What the main shell works off, one after the other; all else may overtake a cell. */
const MAIN_SHELL_WORK: ReadonlySet<string | undefined> = new Set([
  'comm_close',
  'comm_info_request',
  'comm_msg',
  'comm_open',
  'complete_request',
  'execute_request',
  'history_request',
  'inspect_request',
  'is_complete_request'
]);

/** Whether what a kernel publishes is about its main shell, and not about a request beside it. */
export function isOfMainShell({
  parent_header
}: Pick<KernelMessage.IIOPubMessage, 'parent_header'>): boolean {
  const parent: Partial<KernelMessage.IHeader> = parent_header;
  return MAIN_SHELL_WORK.has(parent.msg_type) && !parent.subshell_id;
}

/**
 * Evaluates expressions in a kernel without leaving a trace in it: silently,
 * and on a subshell of its own while the kernel is busy.
 *
 * Every request on a subshell makes the kernel say *idle* although its cell
 * runs on, so what counts is what the kernel says of its main shell.
 */
export class SilentChannel implements IDisposable {
  constructor(kernel: Kernel.IKernelConnection) {
    this._kernel = kernel;
    kernel.statusChanged.connect(this._onStatusChanged, this);
    kernel.iopubMessage.connect(this._onIOPubMessage, this);
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Evaluate `expression` and return its entry of `user_expressions`.
   *
   * @throws BusyError if the kernel is busy and has no subshells
   * @throws NoAnswerError if no answer came in time, or the kernel went away
   */
  async evaluate(expression: string): Promise<unknown> {
    const isIdle = await this._isIdleWithin(this._subshell ? 0 : PATIENCE_MS);
    if (this._isDisposed) {
      throw new NoAnswerError('The connection was closed');
    }
    const { status, supportsSubshells } = this._kernel;
    if (status === 'busy' && !supportsSubshells) {
      throw new BusyError('The kernel is busy');
    }
    try {
      return await (isIdle || !supportsSubshells
        ? ask(this._kernel, expression)
        : this._askSubshell(expression));
    } catch (reason) {
      throw reason instanceof NoAnswerError
        ? reason
        : new NoAnswerError('The kernel went away');
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._kernel.statusChanged.disconnect(this._onStatusChanged, this);
    this._kernel.iopubMessage.disconnect(this._onIOPubMessage, this);
    this._dropSubshell();
    this._idleChanged.emit();
    Signal.clearData(this);
  }

  private get _isIdle(): boolean {
    const { status, supportsSubshells } = this._kernel;
    const isFree = status === 'idle' || status === 'starting';
    return isFree && !(supportsSubshells && this._isWorking);
  }

  /** Waits for an idle kernel, but not for longer than `patienceMs`. */
  private async _isIdleWithin(patienceMs: number): Promise<boolean> {
    if (this._isIdle) {
      return true;
    }
    return new Promise(resolve => {
      const settle = (): void => {
        clearTimeout(timer);
        this._idleChanged.disconnect(onIdleChanged);
        resolve(this._isIdle);
      };
      const onIdleChanged = (): void => {
        if (this._isIdle || this._isDisposed) {
          settle();
        }
      };
      const timer = setTimeout(settle, patienceMs);
      this._idleChanged.connect(onIdleChanged);
    });
  }

  private async _askSubshell(expression: string): Promise<unknown> {
    // From now on only the main shell's own word counts.
    this._isWorking = true;
    this._uses++;
    try {
      if (!this._subshell || this._subshell.isDisposed) {
        this._subshell = new Subshell(this._kernel);
      }
      // One that opens too late is there for the next request.
      const connection = await withinTime(this._subshell.connection);
      return await ask(connection, expression);
    } finally {
      this._uses--;
      this._releaseSubshell();
    }
  }

  private _onStatusChanged(
    _: Kernel.IKernelConnection,
    status: Kernel.Status
  ): void {
    if (status !== 'idle' && status !== 'busy' && status !== 'unknown') {
      // The kernel restarts or is dead, and with it whatever ran in it.
      this._isWorking = false;
      this._dropSubshell();
    }
    this._idleChanged.emit();
  }

  private _onIOPubMessage(
    _: Kernel.IKernelConnection,
    message: KernelMessage.IIOPubMessage
  ): void {
    if (message.header.msg_type !== 'status') {
      return;
    }
    if (isOfMainShell(message)) {
      const { content } = message as KernelMessage.IStatusMsg;
      this._isWorking = content.execution_state === 'busy';
      this._releaseSubshell();
      this._idleChanged.emit();
    }
  }

  /** Not before the cell has ended: until then nothing says *busy* again. */
  private _releaseSubshell(): void {
    if (this._uses === 0 && !this._isWorking) {
      this._dropSubshell();
    }
  }

  private _dropSubshell(): void {
    this._subshell?.dispose();
    this._subshell = null;
  }

  private readonly _kernel: Kernel.IKernelConnection;
  private _subshell: Subshell | null = null;
  /** Requests that are using the subshell. */
  private _uses = 0;
  /** Whether the main shell is at work. */
  private _isWorking = false;
  private _isDisposed = false;
  private readonly _idleChanged = new Signal<this, void>(this);
}
