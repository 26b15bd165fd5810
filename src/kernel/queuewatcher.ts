import { PromiseDelegate } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';

import { isOfMainShell } from './mainshell';
import type { IKernelPort, IPublishedContent, IPublishedMessage } from './port';

/** Watches whether something else occupies a kernel's main shell before a question of ours. */
export class Overtaking implements IDisposable {
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
