/**
 * One request at a time, whose outcome counts unless it was abandoned: a
 * kernel that restarts leaves its answers open for a long time.
 */
export class Attempt {
  get isUnderWay(): boolean {
    return this._current !== null;
  }

  /**
   * Make a request; what it resolves to is called when its answer counts.
   *
   * @param request - must not reject
   */
  async make(request: () => Promise<() => void>): Promise<void> {
    this._current = request;
    const conclude = await request();
    if (this._current === request) {
      this._current = null;
      conclude();
    }
  }

  /** Whatever was asked, its answer no longer counts. */
  abandon(): void {
    this._current = null;
  }

  private _current: object | null = null;
}
