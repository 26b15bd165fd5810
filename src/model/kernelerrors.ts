import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** Characters of what a kernel printed that are kept in case it dies. */
const TAIL_LENGTH = 64 * 1024;

/** What a kernel said that may explain a failure. */
export interface IKernelError {
  readonly kernelId: string;
  readonly text: string;
  /** The request that led to it; null where the kernel died. */
  readonly requestId: string | null;
}

/**
 * Listens to one session for errors, and for the last words of a kernel that dies.
 *
 * It asks the kernel nothing.
 */
export class KernelErrors implements IDisposable {
  constructor(context: ISessionContext) {
    this._context = context;
    context.iopubMessage.connect(this._onMessage, this);
    context.statusChanged.connect(this._onStatus, this);
  }

  /** Emitted when a cell raised an error, and when the kernel died. */
  get failed(): ISignal<KernelErrors, IKernelError> {
    return this._failed;
  }

  /** Emitted with the request's id when a cell begins. */
  get started(): ISignal<KernelErrors, string> {
    return this._started;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      this._context.iopubMessage.disconnect(this._onMessage, this);
      this._context.statusChanged.disconnect(this._onStatus, this);
      Signal.clearData(this);
    }
  }

  private _onMessage(
    _: ISessionContext,
    message: KernelMessage.IMessage
  ): void {
    const requestId = (message.parent_header as { msg_id?: string }).msg_id;
    switch (message.header.msg_type) {
      case 'execute_input':
        this._tail = '';
        this._started.emit(requestId ?? '');
        return;
      case 'stream': {
        const { text } = message.content as KernelMessage.IStreamMsg['content'];
        this._tail = `${this._tail}${text}`.slice(-TAIL_LENGTH);
        return;
      }
      case 'error': {
        const { ename, evalue, traceback } =
          message.content as KernelMessage.IErrorMsg['content'];
        this._say(
          `${traceback.join('\n')}\n\n${ename}: ${evalue}`,
          requestId ?? null
        );
        return;
      }
      default:
        return;
    }
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'dead' || status === 'autorestarting') {
      const tail = this._tail;
      this._tail = '';
      this._say(tail, null);
    }
  }

  private _say(text: string, requestId: string | null): void {
    const kernelId = this._context.session?.kernel?.id;
    if (kernelId !== undefined && text !== '') {
      this._failed.emit({ kernelId, text, requestId });
    }
  }

  private readonly _context: ISessionContext;
  private _tail = '';
  private _isDisposed = false;
  private readonly _failed = new Signal<KernelErrors, IKernelError>(this);
  private readonly _started = new Signal<KernelErrors, string>(this);
}
