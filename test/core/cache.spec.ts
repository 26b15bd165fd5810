// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import { english } from '../../src/core/text/translation';
import { GIB, MIB } from '../../src/core/text/units';
import type { IWarning } from '../../src/core/leaks/warnings/warning';
import { DEFAULT_THRESHOLDS } from '../../src/core/leaks/warnings/warning';
import { FakeKernel, leak, removed } from './kernel';

const RUNNING = { cellId: 'b', executionCount: 4, startedSeconds: 4 };

let watch: LeakWatch;
let kernel: FakeKernel;

beforeEach(() => {
  watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
  kernel = new FakeKernel(watch);
});

function only(kind: IWarning['kind']): IWarning | undefined {
  return watch.warnings.find(warning => warning.kind === kind);
}

/** Run any cells that leave everything as it is. */
function idle(times: number): void {
  for (let n = 0; n < times; n++) {
    kernel.run({ cell: 'idle', allocated: kernel.allocated });
  }
}

/** Load `gib` GiB and delete it again. */
function loadAndDelete(gib: number): void {
  kernel.run({ cell: 'load', allocated: gib * GIB });
  kernel.run({
    cell: 'del',
    allocated: 0.03 * GIB,
    removed: [removed('model', gib * GIB)]
  });
}

describe('CacheRule', () => {
  const cached = (): IWarning | undefined => only('cached');

  it('should tell the cache that a delete left, at the second cell since', () => {
    loadAndDelete(14);
    expect(cached()).toBeUndefined();
    idle(1);
    expect(cached()).toBeUndefined();
    idle(1);
    expect(cached()).toEqual({
      id: 'cached:cuda:0',
      kind: 'cached',
      severity: 'info',
      device: 'cuda:0',
      sentence: "14.0 GiB is only PyTorch's cache: unused, and free to return.",
      evidence:
        "Reserved is 14.0 GiB, allocated is 31 MiB. No cell has needed it since it was freed; until it is cleared, other processes can't use it.",
      bytes: 13.97 * GIB
    });
  });

  it('should disappear when the cache is handed back', () => {
    loadAndDelete(14);
    idle(2);
    kernel.clear();
    expect(cached()).toBeUndefined();
    idle(3);
    expect(cached()).toBeUndefined();
  });

  it('should disappear below 80 % of the threshold, and not before', () => {
    loadAndDelete(14);
    idle(2);
    kernel.reserved = kernel.allocated + 0.8 * 8 * GIB;
    kernel.push();
    expect(cached()).toBeDefined();
    kernel.reserved -= MIB;
    kernel.push();
    expect(cached()).toBeUndefined();
  });

  it('should disappear when a cell puts the cache to use', () => {
    loadAndDelete(14);
    idle(2);
    kernel.run({ cell: 'load', allocated: 10 * GIB });
    expect(cached()).toBeUndefined();
  });

  it('should stay when more is deleted', () => {
    kernel.run({ cell: 'a', allocated: 40 * GIB });
    for (const gib of [4, 2]) {
      kernel.run({
        cell: 'del',
        allocated: gib * GIB,
        removed: [removed('x', kernel.allocated - gib * GIB)]
      });
      idle(gib === 4 ? 2 : 0);
      expect(cached()).toBeDefined();
    }
  });

  it('should appear when what a delete left alive is freed later', () => {
    kernel.run({ cell: 'load', allocated: 14 * GIB });
    kernel.leaks = [leak({ run: 2 })];
    kernel.run({
      cell: 'del',
      allocated: 14 * GIB,
      removed: [removed('model', 14 * GIB, 14 * GIB)]
    });
    idle(3);
    expect(cached()).toBeUndefined();
    kernel.leaks = [];
    kernel.run({ cell: 'gc', allocated: 0 });
    idle(2);
    expect(cached()).toBeDefined();
  });

  it('should go with the cell that uses the cache, though the next one runs already', () => {
    loadAndDelete(14);
    idle(2);
    const finished = kernel.record({ cell: 'load', allocated: 10 * GIB });
    kernel.push({ finished, running: RUNNING });
    expect(cached()).toBeUndefined();
  });

  it('should not go because a running cell uses the cache for a while', () => {
    loadAndDelete(14);
    idle(2);
    kernel.allocated = 13 * GIB;
    kernel.push({ running: RUNNING });
    expect(cached()).toBeDefined();
  });

  it('should forget a device that vanished', () => {
    loadAndDelete(14);
    idle(2);
    const { reading } = kernel.message();
    const other = { ...kernel.device(), id: 'cuda:1' };
    kernel.push({ reading: { ...reading, devices: [other] } });
    kernel.push();
    expect(cached()).toBeUndefined();
  });

  it('should appear when the records are replayed', () => {
    const other = new FakeKernel(new LeakWatch(DEFAULT_THRESHOLDS, english));
    other.run({ cell: 'load', allocated: 14 * GIB });
    const names = [removed('model', 14 * GIB)];
    other.run({ cell: 'del', allocated: 0, removed: names });
    other.run({ cell: 'a', allocated: 0 });
    other.run({ cell: 'b', allocated: 0 });
    kernel.reserved = 14 * GIB;
    kernel.push({ kind: 'attached', records: other.records });
    expect(cached()).toBeDefined();
  });

  it('should not warn of a training loop in steady state', () => {
    for (let n = 0; n < 6; n++) {
      kernel.run({ cell: 'train', allocated: 6 * GIB, peak: 40 * GIB });
    }
    expect(cached()).toBeUndefined();
  });

  it('should not warn of a training loop that replaces its output', () => {
    for (let n = 0; n < 6; n++) {
      kernel.run({
        cell: 'train',
        allocated: 6 * GIB,
        peak: 40 * GIB,
        removed: [removed('loss', GIB)]
      });
    }
    expect(cached()).toBeUndefined();
  });

  it('should not warn of a cache that no delete left', () => {
    kernel.run({ cell: 'train', allocated: 6 * GIB, peak: 40 * GIB });
    for (let n = 0; n < 4; n++) {
      kernel.run({
        cell: 'evaluate',
        allocated: 6 * GIB,
        removed: [removed('loss', GIB)]
      });
    }
    idle(3);
    expect(cached()).toBeUndefined();
  });

  it('should not warn while more than half of what is reserved is in use', () => {
    kernel.run({ cell: 'load', allocated: 40 * GIB });
    const names = [removed('part', 15 * GIB)];
    kernel.run({ cell: 'del', allocated: 25 * GIB, removed: names });
    idle(4);
    expect(cached()).toBeUndefined();
  });

  it('should not warn when pinned memory makes the cache too small', () => {
    kernel.pinned = 1.5 * GIB;
    loadAndDelete(9);
    idle(4);
    expect(cached()).toBeUndefined();
  });

  it('should not warn of a loop that uses what a delete left', () => {
    loadAndDelete(40);
    for (let n = 0; n < 4; n++) {
      kernel.run({ cell: 'train', allocated: 6 * GIB, peak: 38 * GIB });
    }
    expect(cached()).toBeUndefined();
  });

  it('should not warn of load and delete in turn', () => {
    for (let n = 0; n < 5; n++) {
      loadAndDelete(14);
      expect(cached()).toBeUndefined();
    }
  });

  it('should not warn of a small cache', () => {
    loadAndDelete(7.9);
    idle(4);
    expect(cached()).toBeUndefined();
  });

  it('should not warn of little reserved by this kernel, whoever else has much', () => {
    kernel.others = 70 * GIB;
    loadAndDelete(1);
    idle(4);
    expect(cached()).toBeUndefined();
  });

  it('should not call cache what is pinned', () => {
    kernel.run({ cell: 'load', allocated: 14 * GIB });
    kernel.pinned = 13 * GIB;
    kernel.run({
      cell: 'del',
      allocated: 0.5 * GIB,
      removed: [removed('model', 13.5 * GIB)]
    });
    idle(3);
    expect(cached()).toBeUndefined();
    expect(only('fragmented')).toBeDefined();
  });

  it('should measure by the leak threshold where the total is unknown', () => {
    kernel.total = null;
    loadAndDelete(0.1);
    idle(2);
    expect(cached()).toBeDefined();
  });
});
