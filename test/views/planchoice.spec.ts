import { describe, expect, it } from 'vitest';

import { english } from '../../src/core/text/translation';
import {
  firstThatFits,
  gpuOf,
  parameterCounts,
  plansOf
} from '../../src/core/plan';
import { PRESETS } from '../../src/core/plan/presets';
import { GIB } from '../../src/core/text/units';
import {
  ALL_KEY,
  CARD_GPUS,
  chosenGpu,
  chosenGpus
} from '../../src/views/plan/cards';
import type { Source } from '../../src/views/plan/state';
import { chosenOf } from '../../src/views/plan/state';
import { device } from './fake';

const CARD = {
  name: 'card',
  totalBytes: 24 * GIB,
  freeBytes: null,
  computeCapability: [8, 6] as const
};

function preset(name: string): Source {
  return { kind: 'preset', name };
}

describe('PRESETS', () => {
  it('should be at least 40 models, each with a name of its own', () => {
    expect(PRESETS.length).toBeGreaterThanOrEqual(40);
    expect(new Set(PRESETS.map(({ name }) => name)).size).toBe(PRESETS.length);
  });

  it('should each be planned for as a known family', () => {
    for (const { name, repository, gguf } of PRESETS) {
      expect(gguf).toMatch(/^$|^[\w.-]+\/[\w.-]+-GGUF$/);
      const { shape, problem, model } = chosenOf(preset(name));
      expect(problem, name).toBe(null);
      expect(shape?.uncertainties.includes('unknown-architecture'), name).toBe(
        false
      );
      expect(model).toBe(repository);
      expect(repository).toMatch(/^[\w.-]+\/[\w.-]+$/);
    }
  });

  it('should have as many parameters as their names say', () => {
    for (const { name } of PRESETS) {
      const size = / (\d+(?:\.\d+)?)(B|M)\b/.exec(name);
      const { shape } = chosenOf(preset(name));
      if (size && shape && !name.startsWith('OLMoE')) {
        const billions = Number(size[1]) / (size[2] === 'M' ? 1000 : 1);
        const { total } = parameterCounts(shape);
        // Names round, and Gemma's leave the embedding out.
        expect(total / 1e9 / billions, name).toBeGreaterThan(0.88);
        expect(total / 1e9 / billions, name).toBeLessThan(1.32);
      }
    }
  });
});

describe('chosenOf()', () => {
  it('should say in one sentence what is wrong with a pasted text', () => {
    const problem = (text: string): string | null =>
      chosenOf({ kind: 'pasted', text }).problem?.(english) ?? null;
    expect(problem('')).toBe(null);
    expect(problem('{')).toContain('not JSON');
    expect(problem('{}')).toContain('`hidden_size`');
    expect(problem('[1]')).toContain('an object');
  });

  it('should take the format in which a model was published', () => {
    expect(chosenOf(preset('gpt-oss 20B')).native).toBe('mxfp4');
    expect(chosenOf(preset('Qwen3 8B')).native).toBe(null);
  });
});

describe('gpuOf()', () => {
  it('should count what a load uses again as free', () => {
    const gpu = gpuOf({
      ...device(),
      totalBytes: 80 * GIB,
      freeBytes: 50 * GIB,
      allocatedBytes: 10 * GIB,
      reservedBytes: 14 * GIB,
      processBytes: 15 * GIB
    });
    expect(gpu?.freeBytes).toBe(55 * GIB);
    expect(gpu?.computeCapability).toEqual([9, 0]);
    expect(gpuOf({ ...device(), totalBytes: null })).toBe(null);
  });
});

describe('plansOf()', () => {
  it('should go from the best format to the smallest', () => {
    const { shape, native = null } = chosenOf(preset('Qwen3 8B'));
    if (shape === undefined) {
      throw new Error('Qwen3 8B is not there');
    }
    const plans = plansOf({ shape, native }, { gpus: [CARD] });
    const sizes = plans.map(({ weightsBytes }) => weightsBytes);
    expect(sizes[0]).toBe(Math.max(...sizes));
    expect(firstThatFits(plans)?.format).toBe('bf16');
    const small = plansOf(
      { shape, native },
      { gpus: [{ ...CARD, totalBytes: GIB }] }
    );
    expect(firstThatFits(small)).toBe(null);
  });

  it('should offer no GGUF for encoders', () => {
    const { shape, native = null } = chosenOf(preset('ModernBERT base'));
    const plans = shape ? plansOf({ shape, native }, {}) : [];
    expect(plans.length).toBeGreaterThan(2);
    expect(plans.every(({ runtime }) => runtime === 'transformers')).toBe(true);
  });
});

describe('chosenGpu()', () => {
  it('should be the kernel’s by default, and a common one where it has none', () => {
    const own = { key: 'kernel:cuda:0', gpu: CARD };
    expect(chosenGpu('', [own])).toBe(own);
    expect(chosenGpu('', [])?.gpu.name).toContain('4090');
    const first = CARD_GPUS[0];
    expect(chosenGpu(first?.key ?? '', [own])).toBe(first);
  });
});

describe('chosenGpus()', () => {
  const own = [
    { key: 'kernel:cuda:0', gpu: CARD },
    { key: 'kernel:cuda:1', gpu: CARD }
  ];

  it('should be all of the kernel’s, one of them, or some of a card', () => {
    expect(chosenGpus(ALL_KEY, 4, own)).toEqual([CARD, CARD]);
    expect(chosenGpus('kernel:cuda:1', 4, own)).toEqual([CARD]);
    const card = CARD_GPUS[0];
    expect(chosenGpus(card?.key ?? '', 2, own)).toEqual([card?.gpu, card?.gpu]);
    expect(chosenGpus(ALL_KEY, 1, own.slice(1))).toEqual([CARD]);
  });
});
