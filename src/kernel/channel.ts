import { TranslatedError } from '../core/text/translation';
import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';

import { answerTo, NoAnswerError, put, withinTime } from './ask';
import { isOfMainShell } from './mainshell';
import type {
  IKernelPort,
  IPublishedContent,
  IPublishedMessage,
  KernelStatus
} from './port';
import { Subshell } from './subshell';

/** Thrown when a busy kernel offers no way to ask it. */
export class BusyError extends TranslatedError {}

/** Most requests of others (completion, inspection) are over within this time. */
const PATIENCE_MS = 300;

/**
 * Evaluates expressions in a kernel without leaving a trace in it: silently,
 * and on a subshell of its own while the kernel is busy.
 *
 * Every request on a subshell makes the kernel say *idle* although its cell
 * runs on, so what counts is what the kernel says of its main shell.
 */
export class SilentChannel implements IDisposable {
  constructor(kernel: IKernelPort) {
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
   * @param mayRepeat - whether it does no harm to evaluate it once more later;
   *   then it need not wait for a cell that overtook it
   * @throws BusyError if the kernel is busy and has no subshells
   * @throws NoAnswerError if no answer came in time, or the kernel went away
   */
  async evaluate(expression: string, mayRepeat = false): Promise<unknown> {
    const isIdle = await this._isIdleWithin(this._subshell ? 0 : PATIENCE_MS);
    if (this._isDisposed) {
      throw new NoAnswerError(trans => trans.__('The connection was closed'));
    }
    const { status, supportsSubshells } = this._kernel;
    if (status === 'busy' && !supportsSubshells) {
      throw new BusyError(trans => trans.__('The kernel is busy'));
    }
    try {
      return await (isIdle || !supportsSubshells
        ? this._askMainShell(expression, mayRepeat && supportsSubshells)
        : this._askSubshell(expression));
    } catch (reason) {
      throw reason instanceof NoAnswerError
        ? reason
        : new NoAnswerError(trans => trans.__('The kernel went away'));
    }
  }

  /** Have `expression` evaluated when the kernel comes to it; sent at once, without waiting for the answer. */
  tell(expression: string): void {
    const subshell = this._subshell?.isOpen ? this._subshell : null;
    try {
      const question =
        subshell?.put(expression) ?? put(this._kernel, expression);
      question.done.catch(() => undefined);
    } catch {
      // The kernel is gone, and with it whatever ran in it.
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

  /**
   * Another client can start a cell before the kernel hears the question, and
   * before this one hears of the cell: the question would wait for its end.
   */
  private async _askMainShell(
    expression: string,
    mayRepeat: boolean
  ): Promise<unknown> {
    const question = put(this._kernel, expression);
    const answer = answerTo(question);
    if (mayRepeat) {
      const { msg_id } = question.msg.header;
      const isOvertaken = await comesFirst(
        new QueueWatcher(this._kernel, msg_id, PATIENCE_MS),
        answer
      );
      if (isOvertaken) {
        question.dispose();
        return this._askSubshell(expression);
      }
    }
    return answer;
  }

  private async _askSubshell(expression: string): Promise<unknown> {
    // From now on only the main shell's own word counts.
    this._isWorking = true;
    this._uses++;
    try {
      if (!this._subshell || this._subshell.isDisposed) {
        this._subshell = new Subshell(this._kernel);
      }
      const subshell = this._subshell;
      // One that opens too late is there for the next request.
      await withinTime(subshell.opened);
      return await answerTo(subshell.put(expression));
    } finally {
      this._uses--;
      this._releaseSubshell();
    }
  }

  private _onStatusChanged(_: IKernelPort, status: KernelStatus): void {
    if (status !== 'idle' && status !== 'busy' && status !== 'unknown') {
      // The kernel restarts or is dead, and with it whatever ran in it.
      this._isWorking = false;
      this._dropSubshell();
    }
    this._idleChanged.emit();
  }

  private _onIOPubMessage(_: IKernelPort, message: IPublishedMessage): void {
    if (message.header.msg_type !== 'status') {
      return;
    }
    if (isOfMainShell(message)) {
      const { execution_state }: IPublishedContent = message.content;
      this._isWorking = execution_state === 'busy';
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

  private readonly _kernel: IKernelPort;
  private _subshell: Subshell | null = null;
  /** Requests that are using the subshell. */
  private _uses = 0;
  /** Whether the main shell is at work. */
  private _isWorking = false;
  private _isDisposed = false;
  private readonly _idleChanged = new Signal<this, void>(this);
}

/** Whether work of others keeps the main shell from giving `answer`. */
async function comesFirst(
  overtaking: QueueWatcher,
  answer: Promise<unknown>
): Promise<boolean> {
  const isOver = answer.then(
    () => false,
    () => false
  );
  try {
    return await Promise.race([isOver, overtaking.promise]);
  } finally {
    overtaking.dispose();
  }
}

/** Watches whether something else occupies a kernel's main shell before a question of ours. */
class QueueWatcher implements IDisposable {
  /**
   * @param msgId - of our question
   * @param patienceMs - so long others may take
   */
  constructor(kernel: IKernelPort, msgId: string, patienceMs: number) {
    this._kernel = kernel;
    this._msgId = msgId;
    this._patienceMs = patienceMs;
    kernel.iopubMessage.connect(this._onIOPubMessage, this);
  }

  /** Resolved when others have taken longer than that; never, if they don't. */
  get promise(): Promise<true> {
    return this._overtaken.promise;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    this._kernel.iopubMessage.disconnect(this._onIOPubMessage, this);
  }

  private _onIOPubMessage(_: IKernelPort, message: IPublishedMessage): void {
    if (message.header.msg_type !== 'status' || !isOfMainShell(message)) {
      return;
    }
    clearTimeout(this._timer);
    const { execution_state }: IPublishedContent = message.content;
    const isOwn = message.parent_header.msg_id === this._msgId;
    if (execution_state === 'busy' && !isOwn) {
      this._timer = setTimeout(
        () => this._overtaken.resolve(true),
        this._patienceMs
      );
    }
  }

  private readonly _kernel: IKernelPort;
  private readonly _msgId: string;
  private readonly _patienceMs: number;
  private readonly _overtaken = new PromiseDelegate<true>();
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
