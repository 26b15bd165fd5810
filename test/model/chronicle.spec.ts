// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import type { IAgentMessage } from '../../src/core/wire/generated';
import { KernelState } from '../../src/model/kernelstate';
import type { Json } from '../core/wire';
import { DEVICE, message, parsed, RECORD } from '../core/wire';

/** When, by the browser, what the kernel sent at second 0 arrives. */
const EPOCH_MS = 5000;

/** A run that begins at `10 * run` and ends 5 seconds later. */
function run(number: number, change: Json = {}): Json {
  return {
    ...RECORD,
    run: number,
    started: 10 * number,
    ended: 10 * number + 5,
    devices: [
      {
        id: 'cuda:0',
        before_allocated_bytes: 10 * number,
        before_reserved_bytes: 100,
        after_allocated_bytes: 10 * number + 5,
        after_reserved_bytes: 100,
        peak_allocated_bytes: 10 * number + 5,
        peak_exact: true
      }
    ],
    ...change
  };
}

/** Message number `sequence`, sent at that second with as many bytes allocated. */
function at(sequence: number, top: Json = {}): IAgentMessage {
  return parsed(
    message(
      { allocated_bytes: sequence },
      { sequence, ...top },
      { time: sequence }
    )
  );
}

describe('Chronicle', () => {
  let chronicle: KernelState;

  const add = (each: IAgentMessage): number[] =>
    chronicle
      .add(each, EPOCH_MS + each.reading.timeSeconds * 1000)
      .map(record => record.run);
  const runs = (): number[] => chronicle.records.map(record => record.run);
  const points = (): [number, number][] =>
    chronicle
      .samples('cuda:0')
      .map(({ timeMs, allocatedBytes }) => [
        (timeMs - EPOCH_MS) / 1000,
        allocatedBytes
      ]);

  beforeEach(() => {
    chronicle = new KernelState();
  });

  it('should know nothing at first', () => {
    expect(chronicle.boot).toBeNull();
    expect(chronicle.reading).toBeNull();
    expect(chronicle.running).toBeNull();
    expect(runs()).toEqual([]);
    expect(points()).toEqual([]);
    expect(chronicle.toBrowserMs(7)).toBe(7000);
  });

  describe('#add()', () => {
    it('should keep the latest reading and running cell', () => {
      const running = { cell_id: 'a', execution_count: 3, started: 1 };
      add(at(1));
      add(at(2, { running }));
      expect(chronicle.boot).toBe('b');
      expect(chronicle.reading?.timeSeconds).toBe(2);
      expect(chronicle.running?.executionCount).toBe(3);
      add(at(3));
      expect(chronicle.running).toBeNull();
      expect(points()).toEqual([
        [1, 1],
        [2, 2],
        [3, 3]
      ]);
    });

    it.each([1, 2])('should ignore the figures of an older message', older => {
      add(at(2));
      add(at(older));
      expect(chronicle.reading?.timeSeconds).toBe(2);
      expect(points()).toEqual([[2, 2]]);
    });

    it('should add a finished run once', () => {
      expect(add(at(15, { finished: run(1) }))).toEqual([1]);
      expect(add(at(25, { finished: run(2) }))).toEqual([2]);
      expect(add(at(26, { finished: run(2) }))).toEqual([]);
      expect(runs()).toEqual([1, 2]);
    });

    it('should replay records, each once, with both of their ends', () => {
      const records = [run(1), run(2)];
      expect(add(at(30, { kind: 'attached', records }))).toEqual([1, 2]);
      expect(add(at(31, { kind: 'attached', records }))).toEqual([]);
      expect(runs()).toEqual([1, 2]);
      expect(points()).toEqual([
        [10, 10],
        [15, 15],
        [20, 20],
        [25, 25],
        [30, 30],
        [31, 31]
      ]);
    });

    it('should take all that ended one right after another', () => {
      const records = [run(1), run(2)];
      expect(add(at(35, { records, finished: run(3) }))).toEqual([1, 2, 3]);
      expect(runs()).toEqual([1, 2, 3]);
    });

    it('should take the records of an answer that pushes have overtaken', () => {
      const records = [run(1), run(2)];
      expect(add(at(35, { finished: run(3) }))).toEqual([3]);
      expect(add(at(26, { kind: 'attached', records }))).toEqual([1, 2]);
      expect(runs()).toEqual([1, 2, 3]);
      expect(chronicle.reading?.timeSeconds).toBe(35);
      expect(points().map(([seconds]) => seconds)).toEqual([
        10, 15, 20, 25, 35
      ]);
    });

    it('should fill the gap of a lost connection', () => {
      add(at(15, { finished: run(1) }));
      const records = [run(1), run(2), run(3)];
      expect(add(at(40, { kind: 'attached', records }))).toEqual([2, 3]);
      expect(runs()).toEqual([1, 2, 3]);
    });

    it('should keep the latest 500 records', () => {
      for (let number = 1; number <= 501; number++) {
        add(at(10 * number + 5, { finished: run(number) }));
      }
      expect(runs()).toHaveLength(500);
      expect(runs()[0]).toBe(2);
      expect(add(at(9000, { records: [run(1)] }))).toEqual([]);
      expect(runs()[499]).toBe(501);
    });
  });

  describe('#samples()', () => {
    it('should stay bounded, in order, and reach back to the beginning', () => {
      for (let sequence = 1; sequence <= 20_000; sequence++) {
        add(at(sequence));
      }
      const seconds = points().map(([each]) => each);
      expect(seconds.length).toBeLessThanOrEqual(4000);
      expect(seconds.length).toBeGreaterThan(2000);
      expect(seconds[0]).toBe(1);
      expect(seconds[seconds.length - 1]).toBe(20_000);
      expect(seconds).toEqual([...seconds].sort((a, b) => a - b));
      // What is recent is not thinned.
      expect(seconds.slice(-1000)).toEqual(
        Array.from({ length: 1000 }, (_, place) => 19_001 + place)
      );
    });

    it('should tell devices apart, and know only what was told', () => {
      const other = { ...DEVICE, id: 'cuda:1', allocated_bytes: 77 };
      const { devices } = at(1).reading;
      add(
        parsed(
          message(
            {},
            {},
            { time: 1, devices: [{ ...DEVICE, allocated_bytes: 5 }, other] }
          )
        )
      );
      expect(devices).toHaveLength(1);
      expect(points()).toEqual([[1, 5]]);
      expect(chronicle.samples('cuda:1')[0]?.allocatedBytes).toBe(77);
      expect(chronicle.samples('cuda:2')).toEqual([]);
    });

    it('should drop a reading that the clock puts before the latest', () => {
      add(at(4));
      // Set back by 2 seconds; for all that is known it was late.
      const { reading } = at(5);
      const back = { ...reading, timeSeconds: 3 };
      chronicle.add({ ...at(5), reading: back }, EPOCH_MS + 5000);
      add(at(6));
      expect(points().map(([, bytes]) => bytes)).toEqual([4, 6]);
    });
  });

  it('should not keep readings out because a clock was ahead for a while', () => {
    add(at(1));
    const ahead = EPOCH_MS + 3600_000;
    chronicle.add(at(2), ahead + 2000);
    for (const sequence of [3, 4, 5, 6]) {
      chronicle.add(at(sequence), ahead + 1000 * sequence);
    }
    for (const sequence of [7, 8]) {
      add(at(sequence));
    }
    expect(points().map(([, bytes]) => bytes)).toEqual(
      expect.arrayContaining([1, 7, 8])
    );
    const times = points().map(([seconds]) => seconds);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...times)).toBeCloseTo(8, 1);
  });
});
