import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

/** A signal that is emitted once for all that changes in one go. */
export class Pulse<T extends IDisposable> {
  constructor(private readonly _sender: T) {
    this._signal = new Signal<T, void>(_sender);
  }

  get signal(): ISignal<T, void> {
    return this._signal;
  }

  /** Emit soon, unless that is to happen already; never after the sender's disposal. */
  emit(): void {
    if (this._isDue) {
      return;
    }
    this._isDue = true;
    void Promise.resolve().then(() => {
      this._isDue = false;
      if (!this._sender.isDisposed) {
        this._signal.emit();
      }
    });
  }

  private readonly _signal: Signal<T, void>;
  private _isDue = false;
}
