// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import { english } from '../../src/core/text/translation';
import { GIB } from '../../src/core/text/units';
import type { IWarning } from '../../src/core/leaks/warnings/warning';
import { DEFAULT_THRESHOLDS } from '../../src/core/leaks/warnings/warning';
import { FakeKernel } from './kernel';

let watch: LeakWatch;
let kernel: FakeKernel;

beforeEach(() => {
  watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
  kernel = new FakeKernel(watch);
});

function only(kind: IWarning['kind']): IWarning | undefined {
  return watch.warnings.find(warning => warning.kind === kind);
}

describe('HeadroomRule', () => {
  const full = (): IWarning | undefined => only('nearly-full');

  it('should name the live tensors when they have most', () => {
    kernel.allocated = kernel.reserved = 77 * GIB;
    kernel.push();
    expect(full()).toEqual({
      id: 'nearly-full:cuda:0',
      kind: 'nearly-full',
      severity: 'warning',
      device: 'cuda:0',
      sentence:
        'cuda:0 is nearly full: 3.00 GiB of 80.0 GiB is left, and this notebook has 77.0 GiB allocated.',
      evidence:
        "Free is 3.00 GiB, this notebook's cache is 0 B, and it has 77.0 GiB allocated.",
      bytes: 77 * GIB
    });
  });

  it('should name other processes when they have most', () => {
    kernel.allocated = kernel.reserved = 7 * GIB;
    kernel.others = 70 * GIB;
    kernel.push();
    expect(full()?.sentence).toContain('and other processes have 70.0 GiB');
    expect(watch.warnings).toHaveLength(1);
  });

  it.each([
    [null, 'and 70.0 GiB is held outside this kernel'],
    [77 * GIB, 'and this kernel holds 70.0 GiB outside PyTorch']
  ])('should know no more than the driver (process: %s)', (process, words) => {
    kernel.allocated = kernel.reserved = 7 * GIB;
    kernel.others = 70 * GIB;
    const { reading } = kernel.message();
    const device = { ...kernel.device(), processBytes: process };
    kernel.push({ reading: { ...reading, devices: [device] } });
    expect(full()?.sentence).toContain(words);
  });

  it('should not warn while the cache of this kernel is enough', () => {
    kernel.allocated = 60 * GIB;
    kernel.reserved = 80 * GIB;
    kernel.push();
    expect(full()).toBeUndefined();
  });

  it('should not count as left what is pinned', () => {
    kernel.allocated = 30 * GIB;
    kernel.reserved = 80 * GIB;
    kernel.pinned = 48 * GIB;
    kernel.push();
    expect(full()?.sentence).toContain('48.0 GiB lies unused beside');
  });

  it('should warn below the threshold, and until half as much again is left', () => {
    const seen: [number, boolean][] = [];
    for (const gib of [4, 3.99, 5, 5.99, 6, 5]) {
      kernel.allocated = kernel.reserved = (80 - gib) * GIB;
      kernel.push();
      seen.push([gib, full() !== undefined]);
    }
    expect(seen).toEqual([
      [4, false],
      [3.99, true],
      [5, true],
      [5.99, true],
      [6, false],
      [5, false]
    ]);
  });

  it('should name what is in use, though more is free', () => {
    watch.setThresholds({ ...DEFAULT_THRESHOLDS, nearlyFullFraction: 0.9 });
    kernel.allocated = kernel.reserved = 10 * GIB;
    kernel.push();
    expect(full()?.bytes).toBe(10 * GIB);
  });

  it('should not warn where total or free is unknown', () => {
    kernel.allocated = kernel.reserved = 90 * GIB;
    kernel.total = null;
    kernel.push();
    expect(full()).toBeUndefined();
  });

  it('should warn while a cell runs', () => {
    kernel.allocated = kernel.reserved = 79 * GIB;
    const running = { cellId: 'a', executionCount: 1, startedSeconds: 1 };
    kernel.push({ running });
    expect(full()).toBeDefined();
  });

  it('should name the card as nvidia-smi does where that counts otherwise', () => {
    kernel.allocated = kernel.reserved = 79 * GIB;
    const reading = kernel.message().reading;
    const device = { ...kernel.device(), driverIndex: 1 };
    kernel.push({ reading: { ...reading, devices: [device] } });
    expect(full()?.sentence).toContain(
      'cuda:0 (GPU 1 in nvidia-smi) is nearly full'
    );
  });
});
