// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import { english } from '../../src/core/text/translation';
import { GIB, MIB } from '../../src/core/text/units';
import { DEFAULT_THRESHOLDS } from '../../src/core/leaks/warnings/warning';
import type { IRun } from './kernel';
import { FakeKernel, removed } from './kernel';

/** Runs of one cell by what is allocated after each, in MiB. */
function runs(...afterMib: number[]): IRun[] {
  return afterMib.map(mib => ({ allocated: mib * MIB }));
}

/** A run of `cell` after which `gib` GiB are allocated. */
function run(cell: string | null, gib: number, more: Partial<IRun> = {}): IRun {
  return { cell, code: cell ?? 'code', allocated: gib * GIB, ...more };
}

const LEAKS: Record<string, IRun[]> = {
  'a list that keeps every output': runs(2048, 2560, 3072),
  'the least that counts': runs(500, 535, 570),
  'small steps that add up': runs(
    500,
    510,
    520,
    530,
    540,
    550,
    560,
    570,
    580,
    590
  ),
  'a workspace or two, and a leak': runs(500, 533, 566, 666, 766),
  'a cell that fails each time': runs(100, 1100, 2100).map(each => ({
    ...each,
    ok: false
  })),
  'a cell in a console, known by its code': runs(0, 500, 1000).map(each => ({
    ...each,
    cell: null
  })),
  'growth between the runs of other cells': [
    run('a', 1),
    run('b', 6),
    run('a', 7),
    run('b', 7),
    run('a', 8)
  ]
};

const NO_LEAKS: Record<string, IRun[]> = {
  'a first run that loads on purpose': runs(14000),
  'a load that is run again': runs(14000, 14000, 14000, 14000),
  'one growing rerun': runs(100, 2100, 2100, 2100),
  'cuBLAS workspaces that appear once': runs(2048, 2080, 2080, 2080),
  'cuBLAS workspaces that appear twice': runs(2048, 2081, 2114, 2114),
  'workspaces of 8 and 33 MiB': runs(2048, 2056.125, 2089, 2089),
  'two workspaces after small drifts': runs(2048, 2049.5, 2051, 2084, 2117),
  'warm-up of a loader': runs(0, 300, 310, 310.5, 310.6, 310.7),
  'drift below a MiB': runs(...Array.from({ length: 200 }, (_, n) => n * 0.9)),
  'less than the threshold in all': runs(0, 20, 40, 60, 63.9),
  'training: optimizer state at the first run': runs(9000, 9032, 9032, 9032),
  'training: optimizer state at the second step': runs(6000, 9000, 9032, 9032),
  'load and delete in turn': [1, 2, 3, 4].flatMap(() => [
    run('load', 14),
    run('del', 0, { removed: [removed('model', 14 * GIB)] })
  ]),
  'load, use and delete in turn': [1, 2, 3, 4].flatMap(() => [
    run('load', 14),
    run('use', 14.5),
    run('del', 0.03)
  ]),
  'cells that each load a model on purpose': [
    run('a', 4),
    run('b', 8),
    run('c', 12),
    run('d', 16)
  ],
  'a cell between whose runs others load': [
    run('a', 1),
    run('b', 3),
    run('a', 3),
    run('c', 7),
    run('a', 7)
  ],
  'a cell whose code is edited each time': [1, 2, 3, 4].map(gib =>
    run('a', gib, { code: `version ${gib}` })
  ),
  'a rerun that oscillates': runs(2000, 4000, 2000, 4000, 2000, 4000),
  'growth every other run': runs(1000, 2000, 2000, 3000, 3000, 4000, 4000),
  'another cell that takes it back each time': [
    run('a', 1),
    run('b', 0),
    run('a', 1),
    run('b', 0),
    run('a', 1)
  ]
};

describe('GrowthRule', () => {
  let watch: LeakWatch;
  let kernel: FakeKernel;

  const found = (): string[] =>
    watch.warnings.map(({ id }) => id).filter(id => id.startsWith('growing'));

  beforeEach(() => {
    watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
    kernel = new FakeKernel(watch);
  });

  it.each(Object.entries(LEAKS))('should warn of %s', (_, sequence) => {
    for (const each of sequence) {
      expect(found()).toEqual([]);
      kernel.run(each);
    }
    expect(found()).toHaveLength(1);
    kernel.allocated = 0;
    kernel.push();
    expect(found()).toEqual([]);
  });

  it.each(Object.entries(NO_LEAKS))('should not warn of %s', (_, sequence) => {
    for (const each of sequence) {
      kernel.run(each);
      expect(found()).toEqual([]);
    }
  });

  it('should wait for as many runs as the threshold says', () => {
    watch.setThresholds({ ...DEFAULT_THRESHOLDS, growthRuns: 5 });
    for (const each of runs(1000, 2000, 3000, 4000)) {
      kernel.run(each);
    }
    expect(found()).toEqual([]);
    kernel.run({ allocated: 5000 * MIB });
    expect(found()).toHaveLength(1);
  });

  it('should say which cell, how often, and how much', () => {
    for (const each of runs(2048, 2560, 3072)) {
      kernel.run(each);
    }
    expect(watch.warnings).toEqual([
      {
        id: 'growing-cell:cuda:0:cell:code',
        kind: 'growing-cell',
        severity: 'warning',
        device: 'cuda:0',
        sentence:
          'Cell [3] leaves more allocated each time it runs again: 1.00 GiB more after 2 reruns.',
        evidence:
          'The latest 2 reruns added 512 MiB, 512 MiB; at the end of the last one 3.00 GiB was allocated.',
        bytes: GIB
      }
    ]);
  });

  it('should keep its id while the growth goes on', () => {
    for (const each of runs(1000, 2000, 3000, 4000)) {
      kernel.run(each);
    }
    expect(found()).toEqual(['growing-cell:cuda:0:cell:code']);
    expect(watch.warnings[0]?.bytes).toBe(3000 * MIB);
  });

  it('should go on after one run without growth', () => {
    for (const each of runs(1000, 2000, 3000, 3000, 4000, 4000)) {
      kernel.run(each);
    }
    expect(watch.warnings[0]?.bytes).toBe(3000 * MIB);
  });

  it('should disappear when half of the growth is gone, and not before', () => {
    for (const each of runs(1000, 2000, 3000)) {
      kernel.run(each);
    }
    kernel.allocated = 2000 * MIB;
    kernel.push();
    expect(found()).toHaveLength(1);
    kernel.allocated -= 1;
    kernel.push();
    expect(found()).toEqual([]);
  });

  it('should not be misled by what a running cell lets go of', () => {
    for (const each of runs(1000, 2000, 3000)) {
      kernel.run(each);
    }
    kernel.allocated = 0;
    const running = { cellId: 'b', executionCount: 4, startedSeconds: 4 };
    kernel.push({ running });
    expect(found()).toHaveLength(1);
  });

  it('should disappear after two runs without growth, and not after one', () => {
    for (const each of runs(1000, 2000, 3000, 3000)) {
      kernel.run(each);
    }
    expect(found()).toHaveLength(1);
    kernel.run({ allocated: 3000 * MIB });
    expect(found()).toEqual([]);
  });

  it('should start from nothing after it disappeared', () => {
    for (const each of runs(1000, 2000, 3000, 3000, 3000, 4000)) {
      kernel.run(each);
    }
    expect(found()).toEqual([]);
    kernel.run({ allocated: 5000 * MIB });
    expect(found()).toHaveLength(1);
  });

  it('should follow a cell that runs now and then among many others', () => {
    for (let gib = 1; gib <= 3; gib++) {
      kernel.run(run('first', gib));
      for (let n = 0; n < 300; n++) {
        kernel.run(run(`other ${gib}.${n}`, gib));
      }
    }
    expect(found()).toHaveLength(1);
  });

  it('should forget the cell that ran longest ago when there are too many', () => {
    kernel.run(run('first', 1));
    kernel.run(run('first', 2));
    for (let n = 0; n < 500; n++) {
      kernel.run(run(`other ${n}`, 2));
    }
    kernel.run(run('first', 3));
    expect(found()).toEqual([]);
  });
});
