import { describe, expect, it } from 'vitest';

import type { IFitPlan, IGpu, ITerm } from '../../../src/core/plan';
import {
  FORMAT_NAMES,
  plannableOf,
  planFit,
  plansOf,
  termsOf,
  termWords
} from '../../../src/core/plan';
import { CARDS, PRESETS } from '../../../src/core/plan/presets';
import { planAcross } from '../../../src/core/plan/split';
import { english } from '../../../src/core/text/translation';
import { GIB } from '../../../src/core/text/units';

/** A figure as a person reads it, in hundredths of a GiB or in MiB. */
function read({ text }: ITerm): number {
  const [, figure, unit] = /^(-?\d+(?:\.\d\d)?) (GiB|MiB)$/.exec(text) ?? [];
  if (figure === undefined) {
    throw new Error(`${text} is no figure`);
  }
  return Math.round(Number(figure) * (unit === 'GiB' ? 100 : 1));
}

/** That what stands as addends makes what stands as their sum, in bytes and as shown. */
function addUp(plan: IFitPlan, name: string): void {
  const terms = termsOf(plan);
  for (const of of [({ bytes }: ITerm) => bytes, read]) {
    let sum = 0;
    for (const term of terms.filter(({ role }) => role !== 'beside')) {
      if (term.role === 'sum') {
        expect(of(term), `${name}: ${term.kind}`).toBe(sum);
      } else {
        expect(of(term), `${name}: ${term.kind}`).toBeGreaterThanOrEqual(0);
        sum += of(term);
      }
    }
  }
  for (const term of terms) {
    const unit = term.text.endsWith('GiB') ? GIB / 100 : 2 ** 20;
    const off = Math.abs(read(term) - term.bytes / unit);
    expect(off, `${name}: ${term.kind}`).toBeLessThan(2);
  }
}

const CARD: IGpu = {
  name: 'card',
  totalBytes: 80 * GIB,
  freeBytes: null,
  computeCapability: [9, 0]
};

describe('termsOf()', () => {
  it('should add up for every preset in every format of the table', () => {
    for (const { name, config } of PRESETS) {
      const plannable = plannableOf(config);
      for (const plan of plansOf(plannable, { gpus: [CARD] })) {
        addUp(plan, `${name} ${plan.format}`);
      }
    }
  });

  it('should add up for every format, context, cache and card', () => {
    const preset = PRESETS.find(({ name }) => name === 'Llama 3.2 1B');
    const { shape } = plannableOf(preset?.config);
    for (const format of FORMAT_NAMES) {
      for (const contextTokens of [1, 500, 131072]) {
        for (const kvFormat of ['model', 'q8_0', 'q4_0'] as const) {
          const options = { format, contextTokens, kvFormat };
          addUp(planFit(shape, options), `${format} ${contextTokens}`);
        }
      }
      for (const card of CARDS) {
        addUp(planFit(shape, { format, gpus: [card] }), card.name);
      }
    }
  });

  it('should add up over several GPUs', () => {
    for (const name of ['Qwen3 8B', 'Gemma 3 12B (text)', 'Mixtral 8x7B']) {
      const preset = PRESETS.find(each => each.name === name);
      const { shape } = plannableOf(preset?.config);
      for (const format of ['bf16', 'nf4-dq', 'Q4_K_M']) {
        for (const count of [2, 3]) {
          const gpus = Array.from({ length: count }, () => CARD);
          addUp(planAcross(shape, { format, gpus }), `${name} ${format}`);
        }
      }
    }
  });

  it('should name what is in no sum', () => {
    const preset = PRESETS.find(({ name }) => name === 'Qwen3 8B');
    const { shape } = plannableOf(preset?.config);
    const plan = planFit(shape, { format: 'Q4_K_M' });
    const beside = termsOf(plan).filter(({ role }) => role === 'beside');
    expect(beside.map(({ bytes }) => bytes)).toEqual([
      plan.weightsByPart.embedding
    ]);
    const [first] = beside;
    expect(first && termWords(first, plan, english)).toMatch(/^Not on the GPU/);
    const torch = termsOf(planFit(shape)).map(({ kind }) => kind);
    expect(torch).toEqual([
      ...['weights', 'cache', 'activations', 'libraries', 'peak'],
      ...['unused', 'context', 'driver']
    ]);
  });
});
