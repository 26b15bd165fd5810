/** Does something at once, and what comes too soon after it later: the latest of it. */
export class Pace {
  constructor(private readonly _intervalMs: number) {}

  run(action: () => void): void {
    this._latest = action;
    if (this._timer !== undefined) {
      return;
    }
    const waitMs = this._doneMs + this._intervalMs - Date.now();
    if (waitMs > 0) {
      // Not longer than that, should a clock have been set back.
      const boundedMs = Math.min(waitMs, this._intervalMs);
      this._timer = setTimeout(() => this._do(), boundedMs);
    } else {
      this._do();
    }
  }

  private _do(): void {
    this._timer = undefined;
    this._doneMs = Date.now();
    this._latest?.();
    this._latest = null;
  }

  private _latest: (() => void) | null = null;
  private _doneMs = -Infinity;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
