import { describe, expect, it } from 'vitest';

import {
  chartUnit,
  columnsOf,
  historyOf,
  marksOf,
  sampleAt
} from '../../src/views/timeline/series';
import { GIB, MIB, record, sample } from './fake';

const SAMPLES = [sample(0, 1, 2), sample(10, 3, 4), sample(20, 2, 4)];
const START_MS = sample(0, 0, 0).timeMs;

function span(from: number, to: number): { startMs: number; endMs: number } {
  return { startMs: START_MS + from * 1000, endMs: START_MS + to * 1000 };
}

describe('chartUnit', () => {
  it('should be GiB from one GiB on', () => {
    expect(chartUnit([sample(0, 0, 1)])).toEqual({ name: 'GiB', bytes: GIB });
    expect(chartUnit([sample(0, 0, 0.9)])).toEqual({ name: 'MiB', bytes: MIB });
    expect(chartUnit([])).toEqual({ name: 'MiB', bytes: MIB });
  });
});

describe('sampleAt', () => {
  it('should find the sample that holds', () => {
    expect(sampleAt(SAMPLES, START_MS - 1)).toBeNull();
    expect(sampleAt(SAMPLES, START_MS)).toBe(SAMPLES[0]);
    expect(sampleAt(SAMPLES, START_MS + 19_999)).toBe(SAMPLES[1]);
    expect(sampleAt(SAMPLES, START_MS + 1e9)).toBe(SAMPLES[2]);
  });
});

describe('marksOf', () => {
  it('should mark the ends of the runs that touched the device', () => {
    const other = record(2, 1, 2);
    const elsewhere = {
      ...other,
      devices: other.devices.map(device => ({ ...device, id: 'cuda:1' }))
    };
    const marks = marksOf([record(1, 0, 1), elsewhere], 'cuda:0', s => s + 0.5);
    expect(marks.map(mark => mark.executionCount)).toEqual([1]);
    expect(marks[0]?.timeMs).toBe(1_764_000_090.5);
  });
});

describe('historyOf', () => {
  it('should reach from the first sample to what is known last', () => {
    const timeline = { samples: SAMPLES, marks: [], endMs: 0 };
    expect(historyOf(timeline)).toEqual(span(0, 20));
    expect(historyOf({ ...timeline, endMs: START_MS + 30_000 })).toEqual(
      span(0, 30)
    );
    expect(historyOf({ ...timeline, samples: [] })).toBeNull();
  });
});

describe('columnsOf', () => {
  const timeline = { samples: SAMPLES, marks: [], endMs: START_MS + 30_000 };
  const unit = { name: 'GiB' as const, bytes: GIB };

  it('should hold the last value up to the end', () => {
    const [seconds, reserved, allocated] = columnsOf(
      timeline,
      span(-5, 30),
      unit
    );
    expect(seconds.map(s => s - START_MS / 1000)).toEqual([0, 10, 20, 30]);
    expect(reserved).toEqual([2, 4, 4, 4]);
    expect(allocated).toEqual([1, 3, 2, 2]);
  });

  it('should begin with what held before the span', () => {
    const [seconds, , allocated] = columnsOf(timeline, span(5, 15), unit);
    expect(seconds.map(s => s - START_MS / 1000)).toEqual([5, 10, 15]);
    expect(allocated).toEqual([1, 3, 3]);
  });

  it('should invent nothing after the end', () => {
    const [seconds] = columnsOf(timeline, span(25, 60), unit);
    expect(seconds.map(s => s - START_MS / 1000)).toEqual([25, 30]);
  });
});
