import type { ICellRecord, IReading } from '../core/wire/generated';
import type { ISample } from './tokens';

/** Samples kept for each device; older ones are thinned, never cut off. */
const MAX_SAMPLES = 4000;

/** What the devices of one kernel held over time. */
export class History {
  /** One device's samples, oldest first. */
  samples(deviceId: string): readonly ISample[] {
    return this._samples.get(deviceId) ?? [];
  }

  /** Add every device of `reading`, taken at `timeMs`; not before what is known at `nowMs`. */
  addReading(reading: IReading, timeMs: number, nowMs: number): void {
    for (const device of reading.devices) {
      this._endFuture(device.id, nowMs);
      this._append(device.id, {
        timeMs,
        allocatedBytes: device.allocatedBytes,
        reservedBytes: device.reservedBytes
      });
    }
  }

  /** Add the two ends of a cell that ran before the agent was attached. */
  addRecord(
    record: ICellRecord,
    toMs: (kernelSeconds: number) => number
  ): void {
    for (const device of record.devices) {
      this._insert(device.id, {
        timeMs: toMs(record.startedSeconds),
        allocatedBytes: device.beforeAllocatedBytes,
        reservedBytes: device.beforeReservedBytes
      });
      this._insert(device.id, {
        timeMs: toMs(record.endedSeconds),
        allocatedBytes: device.afterAllocatedBytes,
        reservedBytes: device.afterReservedBytes
      });
    }
  }

  /** Where a clock was set back, samples would lie ahead and keep others out. */
  private _endFuture(deviceId: string, nowMs: number): void {
    const samples = this._samples.get(deviceId) ?? [];
    for (
      let place = samples.length - 1;
      (samples[place]?.timeMs ?? 0) > nowMs;
      place--
    ) {
      samples[place] = { ...(samples[place] as ISample), timeMs: nowMs };
    }
  }

  private _append(deviceId: string, sample: ISample): void {
    const last = this.samples(deviceId).slice(-1)[0];
    if (!last || sample.timeMs >= last.timeMs) {
      this._insert(deviceId, sample);
    }
  }

  private _insert(deviceId: string, sample: ISample): void {
    const samples = this._samples.get(deviceId) ?? [];
    let place = samples.length;
    while (place > 0 && (samples[place - 1]?.timeMs ?? 0) > sample.timeMs) {
      place--;
    }
    samples.splice(place, 0, sample);
    this._samples.set(
      deviceId,
      samples.length > MAX_SAMPLES ? thin(samples) : samples
    );
  }

  private readonly _samples = new Map<string, ISample[]>();
}

/** Keep every second sample of the older half. */
function thin(samples: readonly ISample[]): ISample[] {
  const half = samples.length / 2;
  return samples.filter((_, index) => index >= half || index % 2 === 0);
}
