/** Lets something happen a number of times at once, and then so many times a second. */
export class RateLimit {
  constructor(
    private readonly _burst: number,
    private readonly _perSecond: number
  ) {
    this._left = _burst;
  }

  /** Whether it may happen now; then it counts. */
  take(nowMs: number): boolean {
    this._refill(nowMs);
    if (this._left < 1) {
      return false;
    }
    this._left -= 1;
    return true;
  }

  /** In how many milliseconds it may happen. */
  waitMs(nowMs: number): number {
    this._refill(nowMs);
    return Math.ceil((1000 * Math.max(0, 1 - this._left)) / this._perSecond);
  }

  private _refill(nowMs: number): void {
    // A clock that was set back must not stop everything until it is there again.
    const passedMs = Math.max(0, nowMs - this._checkedMs);
    const added = (passedMs * this._perSecond) / 1000;
    this._left = Math.min(this._burst, this._left + added);
    this._checkedMs = nowMs;
  }

  private _left: number;
  private _checkedMs = -Infinity;
}
