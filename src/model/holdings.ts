import type { Sentence } from '../core/text/translation';
import { sentenceOf } from '../core/text/translation';
import type {
  ICellRecord,
  IDeviceReading,
  IHeldTotals,
  IHoldings,
  IReading
} from '../core/wire/generated';
import { HOLDERS } from '../kernel/holdersrequest';
import type { IAnswer } from '../kernel/link';
import type { IQuery } from '../kernel/query';
import { LEAST_CHANGE_BYTES } from './cleared';

/** Who holds the memory of one kernel; asked only when a person wants to know. */
export interface IHoldingsLook {
  /** What the latest search found; null before the first. */
  readonly found: IHoldings | null;
  /** Whether cells have run, or the figures have changed, since it was found. */
  readonly isOutdated: boolean;
  /** When it was found, by the kernel's clock. */
  readonly foundSeconds: number;
  readonly isAsking: boolean;
  /** Why the latest search failed; null when it did not. */
  readonly failure: Sentence | null;
  /** Search again. Never rejects: what goes wrong is in `failure`. */
  ask(): Promise<void>;
}

/** Asks one kernel who holds its memory. */
export class HoldingsLook implements IHoldingsLook {
  /**
   * @param ask - asks the kernel; see `IMonitor.ask`
   * @param changed - called after a change of what is below
   */
  constructor(
    private readonly _ask: <T>(question: IQuery<T>) => Promise<IAnswer<T>>,
    private readonly _changed: () => void
  ) {}

  get found(): IHoldings | null {
    return this._found;
  }

  get isOutdated(): boolean {
    return this._isOutdated;
  }

  get foundSeconds(): number {
    return this._foundSeconds;
  }

  get isAsking(): boolean {
    return this._isAsking;
  }

  get failure(): Sentence | null {
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
      const { facts, message } = await this._ask(HOLDERS);
      if (boot === this._boot) {
        this._found = facts;
        this._failure = null;
        this._isOutdated = false;
        // When the search began: what ended during it may not be in it.
        this._foundSeconds = message.reading.timeSeconds - facts.seconds;
      }
    } catch (reason) {
      this._failure = sentenceOf(reason);
    }
    this._isAsking = false;
    this._changed();
  }

  /** Hold what was found against what the kernel has told since. */
  observe(reading: IReading, records: readonly ICellRecord[]): void {
    if (this._found === null || this._isOutdated) {
      return;
    }
    const { devices } = this._found;
    this._isOutdated =
      records.some(record => record.endedSeconds > this._foundSeconds) ||
      (reading.timeSeconds > this._foundSeconds &&
        reading.devices.some(device => hasChanged(device, devices)));
  }

  /** Something is known to have been released since. */
  outdate(): void {
    this._isOutdated = true;
  }

  /** The kernel restarted: nothing that was found is true any more. */
  forget(): void {
    this._boot++;
    this._found = null;
    this._failure = null;
    this._isOutdated = false;
  }

  private _found: IHoldings | null = null;
  private _isOutdated = false;
  private _foundSeconds = 0;
  private _isAsking = false;
  private _failure: Sentence | null = null;
  /** Grows with each restart, so that an answer from before it is not shown. */
  private _boot = 0;
}

/** Whether what is allocated now differs from what was searched. */
function hasChanged(
  device: IDeviceReading,
  searched: readonly IHeldTotals[]
): boolean {
  const before = searched.find(({ id }) => id === device.id);
  const beforeBytes = before?.allocatedBytes ?? 0;
  return Math.abs(device.allocatedBytes - beforeBytes) >= LEAST_CHANGE_BYTES;
}
