import type { IDisposable } from '@lumino/disposable';

import { NoAnswerError, put } from './ask';
import type { IKernelPort, IKernelReply } from './port';

/**
 * A thread of the kernel for requests of ours (JEP 91), which are answered there
 * while a cell runs.
 *
 * They go over the connection that is there already. A second one would be
 * another front end to the server, which keeps what a kernel says for the one
 * that closes last: after a lost connection the notebook would miss its outputs.
 *
 * Opening and disposing it make the kernel say *idle*, whatever it does.
 */
export class Subshell implements IDisposable {
  /** Opens at once; the kernel must support subshells. */
  constructor(kernel: IKernelPort) {
    this._kernel = kernel;
    this.opened = this._open();
    this.opened.catch(() => this.dispose());
  }

  /** Resolved when it can be asked; rejected if it could not be opened. */
  readonly opened: Promise<void>;

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Whether it can be asked now. */
  get isOpen(): boolean {
    return this._id !== null && !this._isDisposed;
  }

  /**
   * Send `expression` to be evaluated there.
   *
   * @throws Error if the kernel or the connection is gone
   */
  put(expression: string): IKernelReply {
    const before = this._kernel.subshellId;
    // For this one message: all others of this connection go where they went.
    this._kernel.subshellId = this._id;
    try {
      return put(this._kernel, expression);
    } finally {
      this._kernel.subshellId = before;
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    if (this._id !== null) {
      this._delete(this._id);
    }
  }

  private async _open(): Promise<void> {
    const reply = await this._kernel.requestCreateSubshell({}).done;
    const id = reply.content.subshell_id;
    if (typeof id !== 'string') {
      throw new NoAnswerError(trans =>
        trans.__('The kernel opened no subshell')
      );
    }
    if (this._isDisposed) {
      this._delete(id);
      throw new NoAnswerError(trans => trans.__('The connection was closed'));
    }
    this._id = id;
  }

  private _delete(id: string): void {
    // A kernel that restarts, or is dead, has no subshells any more.
    if (
      !this._kernel.isDisposed &&
      ['idle', 'busy', 'unknown'].includes(this._kernel.status)
    ) {
      const deletion = this._kernel.requestDeleteSubshell({ subshell_id: id });
      deletion.done.catch(() => undefined);
    }
  }

  private readonly _kernel: IKernelPort;
  private _id: string | null = null;
  private _isDisposed = false;
}
