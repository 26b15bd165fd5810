import { describe, expect, it } from 'vitest';

import type { IFitPlan, IGpu, ISplitPlan } from '../../../src/core/plan';
import {
  deviceWords,
  longestContext,
  modelShape,
  planAcross,
  planCell,
  planFit,
  planSplit,
  PlanError,
  plansOf,
  remediesFor,
  remedySentence,
  splitSentence
} from '../../../src/core/plan';
import { english } from '../../../src/core/text/translation';
import { GIB } from '../../../src/core/text/units';
import { LLAMA, LLAMA_8B } from './rows';

const EIGHT_B = modelShape(LLAMA_8B);
const TIED = modelShape(LLAMA);

function gpu(gib: number, freeGib: number | null = gib): IGpu {
  return {
    name: 'card',
    totalBytes: gib * GIB,
    freeBytes: freeGib === null ? null : freeGib * GIB,
    computeCapability: [8, 6]
  };
}

function sumOf(
  { devices }: ISplitPlan,
  of: (device: ISplitPlan['devices'][number]) => number
): number {
  return devices.reduce((sum, device) => sum + of(device), 0);
}

function layersOf({ devices }: ISplitPlan): number[] {
  return devices.map(({ layers }) => layers.count);
}

describe('planSplit()', () => {
  it('should share out all that one GPU would hold', () => {
    const one = planFit(EIGHT_B, { gpus: [gpu(80)] });
    const split = planSplit(EIGHT_B, { gpus: [gpu(12), gpu(12)] });
    expect(split).toMatchObject({ fits: true, deviceMap: 'auto' });
    expect(sumOf(split, device => device.layers.count)).toBe(32);
    expect(sumOf(split, device => device.weightsBytes)).toBe(one.weightsBytes);
    expect(sumOf(split, device => device.kvCacheBytes)).toBe(one.kvCacheBytes);
    const [first, last] = split.devices;
    expect(first).toMatchObject({ hasEmbedding: true, hasHead: false });
    expect(last).toMatchObject({ hasEmbedding: false, hasHead: true });
    expect(last?.layers.first).toBe(first?.layers.count);
    for (const { peakBytes, activationBytes } of split.devices) {
      expect(peakBytes.likely).toBeLessThan(0.6 * one.peakBytes.likely);
      expect(activationBytes / one.activationBytes).toBeCloseTo(1, 0);
    }
  });

  it('should be what planFit() says where all goes on one', () => {
    const gpus = [gpu(80), gpu(80, 0)];
    const one = planFit(EIGHT_B, { gpus: [gpu(80)] });
    const [first, second] = planSplit(EIGHT_B, { gpus }).devices;
    expect(first?.peakBytes).toEqual(one.peakBytes);
    expect(first?.driverBytes).toEqual(one.driverBytes);
    expect(second).toMatchObject({ weightsBytes: 0, contextBytes: 0 });
    expect(second?.driverBytes.high).toBe(0);
  });

  it('should leave out a first GPU that has nothing free', () => {
    const split = planSplit(EIGHT_B, { gpus: [gpu(24, 0), gpu(24)] });
    expect(layersOf(split)).toEqual([0, 32]);
    expect(split.fits).toBe(true);
  });

  it('should keep a tied output with the embedding', () => {
    const split = planSplit(TIED, { gpus: [gpu(4), gpu(4)] });
    expect(split.devices.map(({ hasHead }) => hasHead)).toEqual([true, false]);
    expect(layersOf(split).every(count => count > 0)).toBe(true);
  });

  it('should fill one after another where equal shares are too much for a small last GPU', () => {
    const down = planSplit(EIGHT_B, { gpus: [gpu(16), gpu(6)] });
    expect(down).toMatchObject({ deviceMap: 'sequential', fits: true });
    const up = planSplit(EIGHT_B, { gpus: [gpu(6), gpu(16)] });
    expect(up).toMatchObject({ deviceMap: 'auto', fits: true });
  });

  it('should lower limits until cache and activations fit beside the weights', () => {
    const gpus = [gpu(14), gpu(20)];
    const split = planSplit(EIGHT_B, { gpus, contextTokens: 32768 });
    expect(split.fits).toBe(true);
    expect(split.deviceMap).toBe('auto');
    const three = [gpu(13), gpu(13), gpu(13)];
    const even = planSplit(EIGHT_B, { gpus: three, contextTokens: 32768 });
    expect(even.fits).toBe(true);
    split.devices.forEach(({ driverBytes, availableBytes, index }) => {
      expect(driverBytes.high).toBeLessThan(availableBytes);
      expect(split.maxMemoryBytes?.[index]).toBeLessThan(availableBytes);
    });
  });

  it('should spread over eight, and take all of one whose free memory is not known', () => {
    const gpus = Array.from({ length: 8 }, () => gpu(4, null));
    for (const format of ['bf16', 'Q8_0']) {
      const split = planSplit(EIGHT_B, { gpus, format });
      expect(split.fits, format).toBe(true);
      expect(split.devices).toHaveLength(8);
      expect(sumOf(split, device => device.layers.count)).toBe(32);
    }
  });

  it('should say what does not fit', () => {
    const small = [gpu(4), gpu(4)];
    const none = planSplit(EIGHT_B, { gpus: small });
    expect(none).toMatchObject({ devices: [], shortfall: 'weights' });
    expect(splitSentence(none, english)).toContain('do not fit');
    const gguf = planSplit(EIGHT_B, { gpus: small, format: 'Q8_0' });
    expect(gguf).toMatchObject({ status: 'too-big', shortfall: 'device' });
    expect(splitSentence(gguf, english)).toContain('does not fit on GPU 0');
    const empty = [gpu(4, 0), gpu(4, 0)];
    for (const format of ['bf16', 'nf4', 'Q4_K_M']) {
      const split = planSplit(EIGHT_B, { gpus: empty, format });
      expect(split, format).toMatchObject({ devices: [], status: 'too-big' });
    }
  });

  it('should take limits as they are', () => {
    const maxMemoryBytes = [5 * GIB, 14 * GIB];
    const gpus = [gpu(24), gpu(24)];
    const split = planSplit(EIGHT_B, { gpus, maxMemoryBytes });
    expect(split.maxMemoryBytes).toEqual(maxMemoryBytes);
    expect(split.devices[0]?.weightsBytes).toBeLessThan(5 * GIB);
    const ends = planSplit(EIGHT_B, { gpus, maxMemoryBytes: [5 * GIB, 0] });
    expect(ends.devices).toEqual([]);
  });

  it('should refuse one GPU, and limits that are not one for each', () => {
    const gpus = [gpu(24), gpu(24)];
    expect(() => planSplit(EIGHT_B, {})).toThrow(PlanError);
    expect(() => planSplit(EIGHT_B, { gpus: [gpu(24)] })).toThrow('`gpus`');
    for (const maxMemoryBytes of [[], [1], [1, -1], [1, NaN]]) {
      expect(() => planSplit(EIGHT_B, { gpus, maxMemoryBytes })).toThrow(
        '`maxMemoryBytes`'
      );
    }
    for (const tensorSplit of [[], [33], [16, 16], [34, -1], [16.5, 16.5]]) {
      expect(() =>
        planSplit(EIGHT_B, { gpus, tensorSplit, format: 'Q8_0' })
      ).toThrow(
        '`tensorSplit` should be a count of layers for each of the 2 GPUs, 33 in all.'
      );
    }
  });
});

describe('planSplit() for llama.cpp', () => {
  it('should give each as much as it has room for', () => {
    const gpus = [gpu(6), gpu(4), gpu(3)];
    const split = planSplit(EIGHT_B, { gpus, format: 'Q8_0' });
    expect(split).toMatchObject({ fits: true, deviceMap: null });
    const counts = split.tensorSplit ?? [];
    // The output is one more layer, of the last.
    expect(counts.reduce((a, b) => a + b, 0)).toBe(33);
    expect(counts).toEqual([...counts].sort((a, b) => b - a));
    expect(layersOf(split).at(-1)).toBe((counts.at(-1) ?? 0) - 1);
    const one = planFit(EIGHT_B, { format: 'Q8_0' });
    const embedding = one.weightsByPart.embedding;
    expect(sumOf(split, device => device.weightsBytes)).toBeCloseTo(
      one.weightsBytes - embedding,
      -3
    );
  });
});

describe('planSplit() of a split that is given', () => {
  it('should be of that one, even where it is of no use', () => {
    const gpus = [gpu(6), gpu(24)];
    const split = planSplit(EIGHT_B, {
      ...{ gpus, format: 'Q8_0', tensorSplit: [30, 3] }
    });
    expect(split).toMatchObject({ tensorSplit: [30, 3], status: 'too-big' });
    expect(layersOf(split)).toEqual([30, 2]);
  });

  it('should keep copies of what waits only where GPUs take turns', () => {
    const gpus = [gpu(24), gpu(24)];
    const all = { gpus, format: 'Q8_0', contextTokens: 8192 };
    const split = planSplit(EIGHT_B, { ...all, tensorSplit: [16, 17] });
    const one = planFit(EIGHT_B, all);
    const extra =
      sumOf(split, device => device.activationBytes) - one.activationBytes;
    expect(extra).toBeGreaterThan(8 * 8 * 2 ** 20);
  });
});

describe('planAcross()', () => {
  const options = { gpus: [gpu(12), gpu(12)] };

  it('should be planFit() for one GPU', () => {
    const one = { gpus: [gpu(12)] };
    expect(planAcross(EIGHT_B, one)).toEqual(planFit(EIGHT_B, one));
  });

  it('should be the sum, with one verdict', () => {
    const plan = planAcross(EIGHT_B, options);
    const { split, verdicts } = plan;
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]).toMatchObject({ gpu: null, status: 'fits' });
    expect(verdicts[0]?.availableBytes).toBe(24 * GIB);
    expect(split && sumOf(split, each => each.driverBytes.likely)).toBe(
      plan.driverBytes.likely
    );
  });

  it('should serve the table, the longest context and the remedies', () => {
    const plans = plansOf(
      { shape: EIGHT_B, native: null },
      options,
      planAcross
    );
    expect(plans.map(({ verdicts }) => verdicts[0]?.status)).toContain('fits');
    const long = { ...options, contextTokens: 65536 };
    const tokens = longestContext(EIGHT_B, long, planAcross) ?? 0;
    expect(tokens).toBeGreaterThan(4096);
    expect(tokens).toBeLessThan(65536);
    const kinds = remediesFor(EIGHT_B, long, planAcross).map(
      ({ kind }) => kind
    );
    expect(kinds).toContain('shorter-context');
    expect(kinds).not.toContain('gpu-layers');
  });

  it('should be offered where one GPU is not enough', () => {
    const one = { gpus: [gpu(12)] };
    const together = planAcross(EIGHT_B, options);
    const [remedy] = remediesFor(EIGHT_B, one, planFit, together);
    expect(remedy).toMatchObject({ kind: 'more-gpus', isEnough: true });
    expect(remedy && remedySentence(remedy, english)).toContain('all 2 GPUs');
    const small = planAcross(EIGHT_B, { gpus: [gpu(4), gpu(4)] });
    const [other] = remediesFor(EIGHT_B, one, planFit, small);
    expect(other?.kind).not.toBe('more-gpus');
  });
});

describe('the words of a split', () => {
  it('should say across how many it fits, and what each gets', () => {
    const split = planSplit(EIGHT_B, { gpus: [gpu(12), gpu(12)] });
    expect(splitSentence(split, english)).toBe('It fits across 2 GPUs.');
    const words = split.devices.map(each => deviceWords(each, english));
    expect(words[0]).toMatch(/^embedding, layers 0 to \d+$/);
    expect(words[1]).toMatch(/^layers \d+ to 31, output$/);
    const alone = planSplit(EIGHT_B, { gpus: [gpu(24, 0), gpu(24)] });
    expect(splitSentence(alone, english)).toContain('one of the GPUs: GPU 1');
  });
});

describe('planCell() for several GPUs', () => {
  const cell = (plan: IFitPlan, kind: Parameters<typeof planCell>[0]): string =>
    planCell(kind, {
      plan,
      model: 'org/model',
      isEncoder: false,
      maxMemoryGiB: null,
      gpuLayers: null
    });

  it('should write limits that mean the same bytes', () => {
    for (const free of [10, 11.3, 12.7, 23.05]) {
      const plan = planAcross(EIGHT_B, { gpus: [gpu(24, free), gpu(24)] });
      const code = cell(plan, 'transformers');
      expect(code).toContain('device_map="auto"');
      expect(code).not.toContain('psutil');
      const read = [...code.matchAll(/\d: "([\d.]+)GiB"/g)].map(match =>
        Math.floor(Number(match[1]) * GIB)
      );
      expect(read).toEqual(plan.split?.maxMemoryBytes);
    }
  });

  it('should split the tensors in llama.cpp', () => {
    const plan = planAcross(EIGHT_B, {
      gpus: [gpu(6), gpu(6)],
      format: 'Q8_0'
    });
    const counts = plan.split?.tensorSplit ?? [];
    expect(cell(plan, 'llama-cpp-python')).toContain(
      `    swa_full=False,\n    tensor_split=[${counts.join(', ')}],\n)`
    );
    expect(cell(plan, 'shell')).toContain(
      `-ngl 999 --split-mode layer --tensor-split ${counts.join(',')} -no-cnv`
    );
  });

  it('should be as ever for one GPU', () => {
    const code = cell(planFit(EIGHT_B, {}), 'transformers');
    expect(code).toContain('device_map={"": 0}');
    expect(code).not.toContain('max_memory');
  });
});
