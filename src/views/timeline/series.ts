import type { ICellDevice, ICellRecord } from '../../core/wire/generated';
import type { ISample } from '../../model/tokens';
import type { ISpan } from './span';

/** The end of one cell run, as marked in the chart. */
export interface IMark {
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly timeMs: number;
  readonly executionCount: number | null;
  readonly device: ICellDevice;
}

/** Everything the chart draws. */
export interface ITimeline {
  /** Oldest first. */
  readonly samples: readonly ISample[];
  /** Oldest first. */
  readonly marks: readonly IMark[];
  /** Up to when the last sample is known to hold. */
  readonly endMs: number;
}

/** What the y axis counts in. */
export interface IChartUnit {
  readonly name: 'GiB' | 'MiB';
  readonly bytes: number;
}

/** Seconds, reserved, allocated: aligned columns, as uPlot takes them. */
export type Columns = [number[], number[], number[]];

/** GiB from 1 GiB on, MiB below. */
export function chartUnit(samples: readonly ISample[]): IChartUnit {
  const big = samples.some(sample => sample.reservedBytes >= 2 ** 30);
  return big
    ? { name: 'GiB', bytes: 2 ** 30 }
    : { name: 'MiB', bytes: 2 ** 20 };
}

/** The marks of one device's cell runs, oldest first. */
export function marksOf(
  records: readonly ICellRecord[],
  deviceId: string,
  toBrowserMs: (kernelSeconds: number) => number
): IMark[] {
  const marks: IMark[] = [];
  for (const record of records) {
    const device = record.devices.find(each => each.id === deviceId);
    if (device) {
      marks.push({
        timeMs: toBrowserMs(record.endedSeconds),
        executionCount: record.executionCount,
        device
      });
    }
  }
  return marks;
}

/** From the first sample to the end; null without samples. */
export function historyOf(timeline: ITimeline): ISpan | null {
  const { samples, endMs } = timeline;
  const first = samples[0];
  const last = samples[samples.length - 1];
  return first === undefined || last === undefined
    ? null
    : { startMs: first.timeMs, endMs: Math.max(endMs, last.timeMs) };
}

/** The sample that holds at a time; null before the first. */
export function sampleAt(
  samples: readonly ISample[],
  timeMs: number
): ISample | null {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((samples[middle]?.timeMs ?? Infinity) <= timeMs) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return samples[low - 1] ?? null;
}

/**
 * The columns of what is visible: the samples inside `span`, with the one that
 * holds where it begins and the one that holds where it ends.
 */
export function columnsOf(
  timeline: ITimeline,
  span: ISpan,
  unit: IChartUnit
): Columns {
  const columns: Columns = [[], [], []];
  const put = (timeMs: number, sample: ISample): void => {
    columns[0].push(timeMs / 1000);
    columns[1].push(sample.reservedBytes / unit.bytes);
    columns[2].push(sample.allocatedBytes / unit.bytes);
  };
  const before = sampleAt(timeline.samples, span.startMs);
  if (before) {
    put(span.startMs, before);
  }
  for (const sample of timeline.samples) {
    if (sample.timeMs > span.startMs && sample.timeMs <= span.endMs) {
      put(sample.timeMs, sample);
    }
  }
  const edgeMs = Math.min(span.endMs, timeline.endMs);
  const last = sampleAt(timeline.samples, edgeMs);
  if (last && edgeMs > Math.max(last.timeMs, span.startMs)) {
    put(edgeMs, last);
  }
  return columns;
}
