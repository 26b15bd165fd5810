import type { IWarning } from './warnings/warning';

/** Snoozes that are kept; the oldest gives way. */
const MAX_SNOOZES = 200;

/** A snoozed warning comes back early when it has become this many times the bytes. */
const WAKE_FACTOR = 2;

interface ISnooze {
  readonly untilMs: number;
  readonly bytes: number;
}

/** Warnings that a person asked not to see for a while. */
export class Snoozes {
  add(warning: IWarning, untilMs: number): void {
    this._snoozes.delete(warning.id);
    this._snoozes.set(warning.id, { untilMs, bytes: warning.bytes });
    for (const id of this._snoozes.keys()) {
      if (this._snoozes.size <= MAX_SNOOZES) {
        break;
      }
      this._snoozes.delete(id);
    }
  }

  /** End what is over, by time or because it has become much worse. */
  update(active: readonly IWarning[], nowMs: number): void {
    for (const [id, snooze] of this._snoozes) {
      if (nowMs >= snooze.untilMs) {
        this._snoozes.delete(id);
      }
    }
    for (const { id, bytes } of active) {
      const snooze = this._snoozes.get(id);
      if (snooze !== undefined && bytes >= WAKE_FACTOR * snooze.bytes) {
        this._snoozes.delete(id);
      }
    }
  }

  has(id: string): boolean {
    return this._snoozes.has(id);
  }

  clear(): void {
    this._snoozes.clear();
  }

  /** When the next snooze is over; null when there is none. */
  get nextEndMs(): number | null {
    const ends = [...this._snoozes.values()].map(snooze => snooze.untilMs);
    return ends.length > 0 ? Math.min(...ends) : null;
  }

  private readonly _snoozes = new Map<string, ISnooze>();
}
