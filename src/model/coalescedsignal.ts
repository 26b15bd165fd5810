import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { RateLimit } from './ratelimit';

/** Changes that are reported at once, and how many a second when there are more. */
const BURST = 20;
const PER_SECOND = 10;

/**
 * A signal that is emitted once for all that changes in one go.
 *
 * Whoever listens may draw, which takes longer than a change: what changes
 * without end is reported some times a second.
 */
export class CoalescedSignal<T extends IDisposable> {
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
    if (this._rateLimit.take(Date.now())) {
      void Promise.resolve().then(() => this._emit());
    } else {
      setTimeout(() => {
        this._rateLimit.take(Date.now());
        this._emit();
      }, this._rateLimit.waitMs(Date.now()));
    }
  }

  private _emit(): void {
    this._isDue = false;
    if (!this._sender.isDisposed) {
      this._signal.emit();
    }
  }

  private readonly _rateLimit = new RateLimit(BURST, PER_SECOND);
  private readonly _signal: Signal<T, void>;
  private _isDue = false;
}
