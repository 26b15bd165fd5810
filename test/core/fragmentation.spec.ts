// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import { english } from '../../src/core/text/translation';
import { GIB, MIB } from '../../src/core/text/units';
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

describe('FragmentationRule', () => {
  const fragmented = (): IWarning | undefined => only('fragmented');

  /** The figures of a fragmented H100. */
  function fragment(): void {
    kernel.pinned = 50947161600;
    kernel.run({ allocated: 11189355008, reserved: 62136516608 });
  }

  it('should tell that memory is pinned, at the second cell', () => {
    fragment();
    expect(fragmented()).toBeUndefined();
    fragment();
    expect(fragmented()).toMatchObject({
      id: 'fragmented:cuda:0',
      severity: 'warning',
      sentence:
        "Fragmentation: 47.4 GiB of reserved memory can't be returned, because small live tensors pin its segments.",
      bytes: 50947161600
    });
    expect(fragmented()?.evidence).toContain(
      'Reserved is 57.9 GiB, allocated is 10.4 GiB, and 47.4 GiB lies unused'
    );
  });

  it('should not take the middle of the next cell for the end of one', () => {
    fragment();
    const finished = kernel.record({
      allocated: 11189355008,
      reserved: 62136516608
    });
    const running = { cellId: 'b', executionCount: 4, startedSeconds: 4 };
    kernel.push({ running, finished });
    kernel.push();
    expect(fragmented()).toBeUndefined();
  });

  it('should want two cells in a row', () => {
    fragment();
    kernel.pinned = 0;
    kernel.run({ allocated: 0 });
    fragment();
    expect(fragmented()).toBeUndefined();
  });

  it('should disappear below 80 % of the threshold, and not before', () => {
    fragment();
    fragment();
    kernel.pinned = 0.8 * 8 * GIB;
    kernel.push();
    expect(fragmented()).toBeDefined();
    kernel.pinned -= MIB;
    kernel.push();
    expect(fragmented()).toBeUndefined();
  });

  it('should not judge by what is pinned while a cell runs', () => {
    fragment();
    fragment();
    kernel.pinned = 0;
    const running = { cellId: 'b', executionCount: 4, startedSeconds: 4 };
    kernel.push({ running });
    expect(fragmented()).toBeDefined();
  });

  it('should disappear when the segments went, though pinned is unknown', () => {
    fragment();
    fragment();
    kernel.pinned = null;
    kernel.push();
    expect(fragmented()).toBeDefined();
    kernel.clear();
    expect(fragmented()).toBeUndefined();
  });

  it('should not warn of less than the leak threshold on a small device', () => {
    kernel.total = 200 * MIB;
    kernel.pinned = 63 * MIB;
    for (let n = 0; n < 4; n++) {
      kernel.run({ allocated: 10 * MIB, reserved: 100 * MIB });
    }
    expect(fragmented()).toBeUndefined();
  });

  it.each([
    ['cache', { pinned: 0 }],
    ['little pinned memory', { pinned: 7.9 * GIB }],
    ['pinned memory that is unknown', { pinned: null }]
  ])('should not warn of %s', (_, { pinned }) => {
    kernel.pinned = pinned;
    for (let n = 0; n < 4; n++) {
      kernel.run({ allocated: GIB, reserved: 20 * GIB });
    }
    expect(fragmented()).toBeUndefined();
  });
});
