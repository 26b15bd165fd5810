import type { IHoldings } from '../core/holders';
import { parseHoldings } from '../core/holders';
import type { IQuestion } from '../kernel/question';

/** Holders of less than this, together, make one line. */
const MIN_BYTES = 2 ** 20;

const QUESTION: IQuestion<IHoldings> = {
  request: { op: 'holders', min_bytes: MIN_BYTES },
  read: parseHoldings
};

/** Who holds the memory of one kernel; asked only when a person wants to know. */
export interface IHoldingsLook {
  /** What the latest search found; null before the first. */
  readonly found: IHoldings | null;
  readonly isAsking: boolean;
  /** Why the latest search failed; null when it did not. */
  readonly failure: string | null;
  /** Search again. Never rejects: what goes wrong is in `failure`. */
  ask(): Promise<void>;
}

/** Asks one kernel who holds its memory. */
export class HoldingsLook implements IHoldingsLook {
  /**
   * @param question - asks the kernel; see `IMonitor.ask`
   * @param changed - called after a change of what is below
   */
  constructor(
    private readonly _ask: <T>(question: IQuestion<T>) => Promise<T>,
    private readonly _changed: () => void
  ) {}

  get found(): IHoldings | null {
    return this._found;
  }

  get isAsking(): boolean {
    return this._isAsking;
  }

  get failure(): string | null {
    return this._failure;
  }

  async ask(): Promise<void> {
    if (this._isAsking) {
      return;
    }
    this._isAsking = true;
    this._changed();
    const boot = this._boot;
    try {
      const found = await this._ask(QUESTION);
      if (boot === this._boot) {
        this._found = found;
        this._failure = null;
      }
    } catch (reason) {
      this._failure = reason instanceof Error ? reason.message : String(reason);
    }
    this._isAsking = false;
    this._changed();
  }

  /** The kernel restarted: nothing that was found is true any more. */
  forget(): void {
    this._boot++;
    this._found = null;
    this._failure = null;
  }

  private _found: IHoldings | null = null;
  private _isAsking = false;
  private _failure: string | null = null;
  /** Grows with each restart, so that an answer from before it is not shown. */
  private _boot = 0;
}
