import type {
  ICellRecord,
  IClearReport,
  IDeviceReading,
  IReading
} from '../core/wire/generated';

/** One clear, and the moment to which its figures belong. */
export interface ICleared {
  readonly report: IClearReport;
  /** By the kernel's clock. */
  readonly timeSeconds: number;
  /** The number of the latest cell that had run by then. */
  readonly executionCount: number | null;
  /** Whether the device still has what the clear left there. */
  readonly isCurrent: boolean;
}

/** A smaller change of what is allocated or reserved is none. */
export const LEAST_CHANGE_BYTES = 2 ** 20;

/**
 * The latest clear of one kernel, for as long as it says something.
 *
 * It is over once a later cell has ended; before that, it is no longer current
 * once the figures differ from those that it left.
 */
export class LatestClear {
  get value(): ICleared | null {
    return this._value;
  }

  /** The agent cleared, and took `reading` right after it. */
  noteRequest(
    report: IClearReport,
    reading: IReading,
    latest: ICellRecord | undefined
  ): void {
    this._run = latest?.run ?? 0;
    this._value = {
      report,
      timeSeconds: reading.timeSeconds,
      executionCount: latest?.executionCount ?? null,
      isCurrent: true
    };
  }

  /** The cell of `record` cleared. */
  noteCell(record: ICellRecord): void {
    this._run = record.run;
    this._value = {
      report: {
        devices: record.devices,
        collectedObjects: null,
        released: []
      },
      timeSeconds: record.endedSeconds,
      executionCount: record.executionCount,
      isCurrent: true
    };
  }

  /** Hold the clear against what the kernel has told since. */
  observe(reading: IReading, records: readonly ICellRecord[]): void {
    const cleared = this._value;
    if (cleared === null) {
      return;
    }
    const isOver = records.some(
      ({ run, endedSeconds }) =>
        run > this._run && endedSeconds > cleared.timeSeconds
    );
    if (isOver) {
      this._value = null;
    } else if (cleared.isCurrent && hasMovedOn(cleared, reading)) {
      this._value = { ...cleared, isCurrent: false };
    }
  }

  forget(): void {
    this._value = null;
  }

  private _value: ICleared | null = null;
  /** The latest cell by then. */
  private _run = 0;
}

function hasMovedOn({ report, ...moment }: ICleared, now: IReading): boolean {
  if (now.timeSeconds < moment.timeSeconds) {
    return false;
  }
  return report.devices.some(left => {
    const device = now.devices.find(({ id }) => id === left.id);
    return (
      device !== undefined &&
      (isOther(left.afterAllocatedBytes, device, 'allocatedBytes') ||
        isOther(left.afterReservedBytes, device, 'reservedBytes'))
    );
  });
}

function isOther(
  bytes: number,
  device: IDeviceReading,
  key: 'allocatedBytes' | 'reservedBytes'
): boolean {
  return Math.abs(device[key] - bytes) >= LEAST_CHANGE_BYTES;
}
