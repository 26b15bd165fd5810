/** Of a page's time one kernel may take up this share, … */
const SHARE = 0.3;
/** … and so many milliseconds at once. */
const BURST_MS = 300;

/**
 * Bounds how much of a page's time goes into what one kernel sends.
 *
 * A kernel runs arbitrary code, and can send without end.
 */
export class Budget {
  /** Do `work`, unless too much was done lately; returns whether it was done. */
  spend(work: () => void): boolean {
    const startMs = performance.now();
    const sinceMs = Math.max(0, startMs - this._checkedMs);
    this._spentMs = Math.max(0, this._spentMs - SHARE * sinceMs);
    this._checkedMs = startMs;
    if (this._spentMs > BURST_MS) {
      return false;
    }
    try {
      work();
    } finally {
      this._spentMs += Math.max(0, performance.now() - startMs);
    }
    return true;
  }

  private _spentMs = 0;
  private _checkedMs = 0;
}
