import type { IDisposable } from '@lumino/disposable';

/** The longest that `setTimeout` can wait; a longer time would be over at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Calls back once at the time that was set last. */
export class Timer implements IDisposable {
  constructor(callback: () => void) {
    this._callback = callback;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Call back at `atMs`, in milliseconds since the epoch; never if it is null. */
  set(atMs: number | null): void {
    clearTimeout(this._timer);
    if (atMs === null || this._isDisposed) {
      return;
    }
    const waitMs = Math.max(0, atMs - Date.now());
    this._timer =
      waitMs > MAX_TIMEOUT_MS
        ? setTimeout(() => this.set(atMs), MAX_TIMEOUT_MS)
        : setTimeout(this._callback, waitMs);
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
  }

  private readonly _callback: () => void;
  private _timer: ReturnType<typeof setTimeout> | undefined;
  private _isDisposed = false;
}
