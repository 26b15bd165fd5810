import type { ICellRecord } from '../../core/wire/generated';

/** What one run of one cell did to one device. */
export interface ICellStatistics {
  /** The `id` of an `IDeviceReading`. */
  readonly deviceId: string;
  readonly run: number;
  readonly executionCount: number | null;
  readonly ok: boolean;
  /** Allocated after, less before. */
  readonly changeBytes: number;
  /** The most allocated while it ran. */
  readonly peakBytes: number;
  /** Whether the peak is exact, not a lower bound. */
  readonly peakExact: boolean;
  /** Allocated after the run. */
  readonly stayedBytes: number;
}

/** The figures of a record for one device; null when it holds none. */
export function cellStatistics(
  record: ICellRecord,
  deviceId: string
): ICellStatistics | null {
  const device = record.devices.find(each => each.id === deviceId);
  return device === undefined
    ? null
    : {
        deviceId,
        run: record.run,
        executionCount: record.executionCount,
        ok: record.ok,
        changeBytes: device.afterAllocatedBytes - device.beforeAllocatedBytes,
        peakBytes: device.peakAllocatedBytes,
        peakExact: device.peakExact,
        stayedBytes: device.afterAllocatedBytes
      };
}

/** The figures for the device on which the run changed most; null without any. */
export function mainStatistics(record: ICellRecord): ICellStatistics | null {
  let main: ICellStatistics | null = null;
  for (const device of record.devices) {
    const figures = cellStatistics(record, device.id);
    if (figures && (main === null || weight(figures) > weight(main))) {
      main = figures;
    }
  }
  return main;
}

function weight(figures: ICellStatistics): number {
  return Math.abs(figures.changeBytes);
}
