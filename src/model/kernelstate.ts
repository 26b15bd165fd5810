import type {
  IAgentMessage,
  ICellRecord,
  IReading,
  IRunningCell
} from '../core/wire/generated';
import { History } from './history';
import { KernelClock } from './kernelclock';
import type { ISample } from './tokens';

/** Records kept of one kernel. */
const MAX_RECORDS = 500;

/** What one kernel process has told so far, in its own order. */
export class KernelState {
  /** The process it is about; null before the first message. */
  get boot(): string | null {
    return this._boot;
  }

  get reading(): IReading | null {
    return this._reading;
  }

  get running(): IRunningCell | null {
    return this._running;
  }

  /** Oldest first. */
  get records(): readonly ICellRecord[] {
    return this._records;
  }

  samples(deviceId: string): readonly ISample[] {
    return this._history.samples(deviceId);
  }

  toBrowserMs(kernelSeconds: number): number {
    return this._clock.toBrowserMs(kernelSeconds);
  }

  /**
   * Add what arrived at `nowMs`.
   *
   * Of a message that a newer one has overtaken only the records count: an
   * answer often comes after the first push.
   *
   * @returns the records that were not known yet, oldest first
   */
  add(message: IAgentMessage, nowMs: number): readonly ICellRecord[] {
    const { reading } = message;
    this._boot = message.boot;
    this._clock.observe(reading.timeSeconds, nowMs);
    const added = this._addRecords(message);
    if (message.sequence > this._sequence) {
      this._sequence = message.sequence;
      this._reading = reading;
      this._running = message.running;
      const timeMs = this.toBrowserMs(reading.timeSeconds);
      this._history.addReading(reading, timeMs, nowMs);
    }
    return added;
  }

  private _addRecords(message: IAgentMessage): readonly ICellRecord[] {
    const replayed = message.records.filter(record => this._isNew(record));
    for (const record of replayed) {
      this._history.addRecord(record, s => this.toBrowserMs(s));
    }
    const { finished } = message;
    const added =
      finished && this._isNew(finished) ? [...replayed, finished] : replayed;
    if (added.length > 0) {
      this._records = [...this._records, ...added]
        .sort((a, b) => a.run - b.run)
        .slice(-MAX_RECORDS);
    }
    return added;
  }

  private _isNew({ run }: ICellRecord): boolean {
    const oldestRun = this._records[0]?.run ?? 0;
    const isTooOld = this._records.length === MAX_RECORDS && run < oldestRun;
    return !isTooOld && !this._records.some(record => record.run === run);
  }

  private _boot: string | null = null;
  private _sequence = 0;
  private _reading: IReading | null = null;
  private _running: IRunningCell | null = null;
  private _records: readonly ICellRecord[] = [];
  private readonly _history = new History();
  private readonly _clock = new KernelClock();
}
