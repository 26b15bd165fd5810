// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import { english } from '../../src/core/text/translation';
import { GIB, MIB } from '../../src/core/text/units';
import { DEFAULT_THRESHOLDS } from '../../src/core/leaks/warnings/warning';
import { FakeKernel, leak } from './kernel';

describe('LeakWatch', () => {
  let watch: LeakWatch;
  let kernel: FakeKernel;

  const ids = (): string[] => watch.warnings.map(({ id }) => id);
  const LEAK_ID = 'not-freed:cuda:0:1';

  beforeEach(() => {
    watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
    kernel = new FakeKernel(watch);
    kernel.allocated = kernel.reserved = 3 * GIB;
  });

  describe('#observe()', () => {
    it('should ignore a message that is not newer than the last', () => {
      kernel.push();
      const late = kernel.message({ leaks: [leak()] });
      kernel.push();
      watch.observe(late, 0);
      watch.observe({ ...late, sequence: kernel.sequence }, 0);
      expect(ids()).toEqual([]);
      watch.observe({ ...late, sequence: kernel.sequence + 1 }, 0);
      expect(ids()).toEqual([LEAK_ID]);
    });

    it('should begin anew with a new boot, whose messages count from 1', () => {
      kernel.leaks = [leak()];
      kernel.push();
      watch.snooze(LEAK_ID, 1000);
      kernel.boot = 'boot-2';
      kernel.sequence = 0;
      kernel.push();
      expect(ids()).toEqual([LEAK_ID]);
      expect(watch.snoozedCount).toBe(0);
    });

    it('should not take the refusal of an agent that could not start for a new boot', () => {
      kernel.leaks = [leak()];
      kernel.push();
      watch.observe(
        kernel.message({ kind: 'refused', boot: '', leaks: [] }),
        0
      );
      expect(ids()).toEqual([LEAK_ID]);
    });

    it('should keep its warnings through a reading that failed', () => {
      kernel.leaks = [leak()];
      kernel.push();
      const { reading } = kernel.message();
      const failed = { ...reading, state: 'error', devices: [] } as const;
      kernel.push({ reading: failed, leaks: [] });
      expect(ids()).toEqual([LEAK_ID]);
    });

    it('should drop the warnings of a device that vanished', () => {
      for (const gib of [1, 2, 3]) {
        kernel.run({ allocated: gib * GIB });
      }
      kernel.leaks = [leak()];
      kernel.push();
      expect(ids()).toHaveLength(2);
      const { reading } = kernel.message();
      const other = { ...kernel.device(), id: 'cuda:1' };
      kernel.push({ reading: { ...reading, devices: [other] } });
      expect(ids()).toEqual([]);
    });

    it('should count a run once, though it is told twice', () => {
      for (const allocated of [1 * GIB, 2 * GIB]) {
        kernel.run({ allocated });
      }
      kernel.push({ kind: 'attached', records: kernel.records });
      kernel.push({ finished: kernel.records[1] });
      expect(ids()).toEqual([]);
      kernel.run({ allocated: 3 * GIB });
      expect(ids()).toEqual(['growing-cell:cuda:0:cell:code']);
    });

    it('should find in replayed records what it would have seen', () => {
      kernel.allocated = 0;
      const records = [1, 2, 3].map(gib => {
        const record = kernel.record({ allocated: gib * GIB });
        kernel.records.push(record);
        return record;
      });
      kernel.push({ kind: 'attached', records });
      expect(ids()).toEqual(['growing-cell:cuda:0:cell:code']);
    });

    it('should find in runs that are told of together what it finds in each', () => {
      kernel.allocated = 0;
      for (const gib of [1, 2, 3]) {
        kernel.records.push(kernel.record({ allocated: gib * GIB }));
      }
      const [finished] = kernel.records.slice(-1);
      kernel.push({ records: kernel.records.slice(0, -1), finished });
      expect(ids()).toEqual(['growing-cell:cuda:0:cell:code']);
    });

    it('should count a run that an overtaken push tells of', () => {
      kernel.run({ allocated: 1 * GIB });
      kernel.run({ allocated: 2 * GIB });
      const third = kernel.record({ allocated: 3 * GIB });
      const late = kernel.message({ finished: third });
      kernel.push();
      expect(ids()).toEqual([]);
      watch.observe(late, 0);
      expect(ids()).toEqual(['growing-cell:cuda:0:cell:code']);
    });

    it('should find the same in whatever order the pushes of its runs come', () => {
      const pushes = [1, 2, 3, 4].map(gib => {
        const finished = kernel.record({ allocated: gib * GIB });
        kernel.records.push(finished);
        return kernel.message({ finished });
      });
      for (const order of [
        [0, 1, 2, 3],
        [3, 2, 1, 0],
        [2, 0, 3, 1],
        [1, 3, 0, 2]
      ]) {
        watch.reset();
        order.forEach(place => watch.observe(pushes[place] ?? never(), 0));
        expect([order, ids()]).toEqual([
          order,
          ['growing-cell:cuda:0:cell:code']
        ]);
      }
    });

    it('should take the records of an answer that a push overtook', () => {
      kernel.allocated = 0;
      for (const gib of [1, 2]) {
        kernel.records.push(kernel.record({ allocated: gib * GIB }));
      }
      const attached = kernel.message({
        kind: 'attached',
        records: [...kernel.records]
      });
      kernel.run({ allocated: 3 * GIB });
      expect(ids()).toEqual([]);
      watch.observe(attached, 0);
      expect(ids()).toEqual(['growing-cell:cuda:0:cell:code']);
    });
  });

  describe('#setThresholds()', () => {
    it('should apply at once, to what was seen before', () => {
      kernel.allocated = 0;
      for (const mib of [100, 200, 300]) {
        kernel.run({ allocated: mib * MIB });
      }
      kernel.leaks = [leak({ aliveBytes: 100 * MIB })];
      kernel.push();
      expect(ids()).toHaveLength(2);
      watch.setThresholds({ ...DEFAULT_THRESHOLDS, leakMinBytes: GIB });
      expect(ids()).toEqual([]);
      watch.setThresholds({ ...DEFAULT_THRESHOLDS, growthRuns: 4 });
      expect(ids()).toEqual([LEAK_ID]);
      watch.setThresholds(DEFAULT_THRESHOLDS);
      expect(ids()).toHaveLength(2);
    });
  });

  describe('#snooze()', () => {
    beforeEach(() => {
      kernel.leaks = [leak()];
      kernel.push();
      watch.snooze(LEAK_ID, 1000);
    });

    it('should hide and count the warning', () => {
      expect(ids()).toEqual([]);
      expect(watch.snoozedCount).toBe(1);
      expect(watch.nextTickMs).toBe(1000);
    });

    it('should show it again when the time is over', () => {
      watch.tick(999);
      expect(ids()).toEqual([]);
      watch.tick(1000);
      expect(ids()).toEqual([LEAK_ID]);
      expect(watch.nextTickMs).toBeNull();
    });

    it('should notice that the time is over with any message', () => {
      kernel.nowMs = 1000;
      watch.observe(kernel.message({ sequence: 0 }), 1000);
      expect(ids()).toEqual([LEAK_ID]);
    });

    it('should show it again when the bytes have doubled', () => {
      kernel.allocated = 9 * GIB;
      kernel.leaks = [leak({ heldBytes: 4 * GIB, aliveBytes: 4 * GIB - 1 })];
      kernel.push();
      expect(ids()).toEqual([]);
      kernel.leaks = [leak({ heldBytes: 4 * GIB, aliveBytes: 4 * GIB })];
      kernel.push();
      expect(ids()).toEqual([LEAK_ID]);
    });

    it('should not count a warning whose cause is gone', () => {
      kernel.leaks = [];
      kernel.push();
      expect(watch.snoozedCount).toBe(0);
    });

    it('should not hide other warnings, and survive an unknown id', () => {
      watch.snooze('nothing', 5000);
      kernel.leaks = [leak(), leak({ id: 2, run: 2 })];
      kernel.push();
      expect(ids()).toEqual(['not-freed:cuda:0:2']);
    });

    it('should end with #unsnoozeAll()', () => {
      watch.unsnoozeAll();
      expect(ids()).toEqual([LEAK_ID]);
      expect(watch.snoozedCount).toBe(0);
    });
  });

  describe('#reset()', () => {
    it('should forget everything', () => {
      kernel.leaks = [leak()];
      kernel.push();
      watch.snooze(LEAK_ID, 1000);
      watch.reset();
      expect(ids()).toEqual([]);
      expect(watch.snoozedCount).toBe(0);
      expect(watch.nextTickMs).toBeNull();
      kernel.push();
      expect(ids()).toEqual([LEAK_ID]);
    });
  });
});

function never(): never {
  throw new Error('There is no such push');
}
