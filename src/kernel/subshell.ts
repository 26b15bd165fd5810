import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';

/**
 * A second connection to a kernel, whose requests run in a thread of their own
 * (JEP 91) and so are answered while a cell runs.
 *
 * Opening and disposing it make the kernel say *idle*, whatever it does.
 */
export class Subshell implements IDisposable {
  /** Opens at once; the kernel must support subshells. */
  constructor(kernel: Kernel.IKernelConnection) {
    this._kernel = kernel;
    this.connection = this._open();
    this.connection.catch(() => this.dispose());
  }

  /** The connection when it is ready; rejected if it could not be opened. */
  readonly connection: Promise<Kernel.IKernelConnection>;

  get isDisposed(): boolean {
    return this._isDisposed || this._clone?.isDisposed === true;
  }

  dispose(): void {
    this._isDisposed = true;
    const clone = this._clone;
    const isAlive = ['idle', 'busy', 'unknown'].includes(this._kernel.status);
    if (!clone || clone.isDisposed) {
      return;
    }
    if (!isAlive) {
      // With an id the connection would wait until the subshell is deleted.
      clone.subshellId = null;
    } else if (!clone.supportsSubshells) {
      // It can't delete its subshell yet; `_open` comes back to it.
      return;
    }
    clone.dispose();
  }

  private async _open(): Promise<Kernel.IKernelConnection> {
    const reply = await this._kernel.requestCreateSubshell({}).done;
    const clone = this._kernel.clone({ handleComms: false });
    this._clone = clone;
    // Before its socket opens: on the main shell its first question would
    // queue behind the cell.
    clone.subshellId = reply.content.subshell_id;
    // From the answer it knows that it can delete its subshell.
    await clone.info;
    if (this._isDisposed) {
      this.dispose();
      throw new Error('The subshell is needed no more');
    }
    return clone;
  }

  private readonly _kernel: Kernel.IKernelConnection;
  private _clone: Kernel.IKernelConnection | null = null;
  private _isDisposed = false;
}
