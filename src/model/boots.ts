import type { IAgentMessage } from '../core/wire/generated';
import { RateLimit } from './ratelimit';

/** Boots at once, and in one second, of which a person can make sense. */
const BURST = 3;
const PER_SECOND = 1;
/** Boots that are remembered as over. */
const MAX_PAST = 100;

/**
 * Knows which process of a kernel speaks, and bounds how often that changes.
 *
 * A boot never comes back. Where two agents speak by turns the later one counts;
 * of a kernel that restarts in a loop, or says so, each is heard as its turn comes.
 */
export class Boots {
  /**
   * @param heard - called for a message that counts
   * @param changed - called before it, where its boot is new
   */
  constructor(
    private readonly _heard: (message: IAgentMessage) => void,
    private readonly _changed: () => void
  ) {}

  /** Take a message; that of a new boot may have to wait, and the latest such one is kept. */
  take(message: IAgentMessage): void {
    const { boot } = message;
    // An agent that could not start has no boot, and no word about what was before.
    if (boot === '' || this._past.has(boot)) {
      return;
    }
    if (boot !== this._current) {
      const nowMs = Date.now();
      if (!this._rateLimit.take(nowMs)) {
        this._wait(message, nowMs);
        return;
      }
      this._begin(boot);
    }
    this._heard(message);
  }

  dispose(): void {
    clearTimeout(this._timer);
    this._timer = undefined;
    this._waiting = null;
  }

  private _begin(boot: string): void {
    if (this._current !== null) {
      this._past.add(this._current);
    }
    for (const oldest of this._past) {
      if (this._past.size <= MAX_PAST) {
        break;
      }
      this._past.delete(oldest);
    }
    this._current = boot;
    this._changed();
  }

  private _wait(message: IAgentMessage, nowMs: number): void {
    this._waiting = message;
    this._timer ??= setTimeout(() => {
      const latest = this._waiting;
      this.dispose();
      if (latest) {
        this.take(latest);
      }
    }, this._rateLimit.waitMs(nowMs));
  }

  private readonly _rateLimit = new RateLimit(BURST, PER_SECOND);
  private readonly _past = new Set<string>();
  private _current: string | null = null;
  private _waiting: IAgentMessage | null = null;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}
