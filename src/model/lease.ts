/** How long an agent pushes on without a sign of the page that it pushes to, in seconds. */
export const LEASE_SECONDS = 900;

/**
 * Counts since when an agent has had no sign of this page.
 *
 * Any request is a sign. An idle kernel is sent none for its own sake: it would
 * never be shut down. When the lease ends it stops by itself, until a person is
 * back.
 */
export class Lease {
  /** The agent answered what it was asked at `askedMs`. */
  note(askedMs: number): void {
    this._signMs = askedMs;
  }

  /** The agent was told to stop. */
  end(): void {
    this._signMs = -Infinity;
  }

  /** Whether more than half of it is over, so that it should begin anew when a person is there. */
  isDue(nowMs: number): boolean {
    // A clock that was set back makes the time since negative.
    return Math.abs(nowMs - this._signMs) > (LEASE_SECONDS * 1000) / 2;
  }

  private _signMs = -Infinity;
}
