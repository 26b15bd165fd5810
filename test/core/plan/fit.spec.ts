import { describe, expect, it } from 'vitest';

import type { IFitPlan, IGpu } from '../../../src/core/plan';
import {
  FORMAT_NAMES,
  formatNamed,
  modelShape,
  planFit
} from '../../../src/core/plan';
import { GIB, MIB } from '../../../src/core/text/units';
import type { IMeasuredRow } from '../../bench/plan/measured';
import { scoreMeasured } from '../../bench/plan/measured';
import type { IPublishedRow } from '../../bench/plan/published';
import { scorePublished } from '../../bench/plan/published';
import type { IScore } from '../../bench/plan/report';
import { LLAMA, mean, rowsOf } from './rows';

const SHAPE = modelShape(LLAMA);

function gpu(free: number, capability: [number, number] = [9, 0]): IGpu {
  return {
    name: 'card',
    totalBytes: 80 * GIB,
    freeBytes: free,
    computeCapability: capability
  };
}

function errorsOf(scores: readonly IScore[], what: RegExp): number[] {
  return scores
    .filter(score => what.test(score.what))
    .map(({ planned, measured }) => Math.abs(planned / measured - 1));
}

describe('planFit() against an H100', () => {
  const scores = ['fit_measured_h100.jsonl', 'fit_measured_more_h100.jsonl']
    .flatMap(name => rowsOf<IMeasuredRow>(name))
    .filter(row => 'peak' in row)
    .flatMap(scoreMeasured);

  it.each([
    [/^weights/, 0.01, 0.02],
    [/^bf16 peak/, 0.008, 0.03],
    [/^nf4.* peak/, 0.015, 0.05],
    [/^bf16 driver/, 0.025, 0.08]
  ])('should be right about %s', (what, meanError, worst) => {
    const errors = errorsOf(scores, what);
    expect(errors.length).toBeGreaterThan(50);
    expect(mean(errors)).toBeLessThan(meanError);
    expect(Math.max(...errors)).toBeLessThan(worst);
  });

  it('should have the measured peak between low and high, and these close', () => {
    const banded = scores.filter(({ what }) => / peak|bf16 driver/.test(what));
    const inside = banded.filter(
      ({ band, measured }) =>
        band && measured >= band.low && measured <= band.high
    );
    expect(inside.length / banded.length).toBeGreaterThanOrEqual(0.95);
    for (const { band, planned, name } of banded) {
      expect(
        ((band?.high ?? 0) - (band?.low ?? 0)) / planned,
        name
      ).toBeLessThan(0.1);
    }
  });
});

describe('planFit() against what was published', () => {
  const scores = rowsOf<IPublishedRow>('fit_published.jsonl').flatMap(
    scorePublished
  );

  it.each([
    [/^KV cache/, 0.002, 0.005],
    [/^llama\.cpp weights/, 0.005, 0.03],
    [/^bf16 total/, 0.008, 0.05]
  ])('should be right about %s', (what, meanError, worst) => {
    const errors = errorsOf(scores, what);
    expect(errors.length).toBeGreaterThan(5);
    expect(mean(errors)).toBeLessThan(meanError);
    expect(Math.max(...errors)).toBeLessThan(worst);
  });
});

describe('planFit()', () => {
  it('should add up', () => {
    for (const format of FORMAT_NAMES) {
      const plan = planFit(SHAPE, { format });
      const parts = Object.values(plan.weightsByPart).reduce(
        (a, b) => a + b,
        0
      );
      expect(parts, format).toBe(plan.weightsBytes);
      expect(plan.peakBytes.low).toBeLessThan(plan.peakBytes.likely);
      expect(plan.peakBytes.high).toBeGreaterThan(plan.peakBytes.likely);
      expect(plan.driverBytes.likely).toBeGreaterThan(plan.peakBytes.likely);
      if (plan.runtime === 'transformers') {
        expect(
          plan.weightsBytes +
            plan.kvCacheBytes +
            plan.activationBytes +
            plan.runtimeBytes
        ).toBe(plan.peakBytes.likely);
      }
    }
  });

  it('should grow with context, batch and bits', () => {
    const bytes = (options: object): number =>
      planFit(SHAPE, options).peakBytes.likely;
    expect(bytes({ contextTokens: 8192 })).toBeGreaterThan(
      bytes({ contextTokens: 4096 })
    );
    expect(bytes({ batch: 4 })).toBeGreaterThan(bytes({ batch: 1 }));
    const sizes = ['fp32', 'bf16', 'int8', 'nf4', 'nf4-dq'].map(
      format => planFit(SHAPE, { format }).weightsBytes
    );
    expect([...sizes].sort((a, b) => b - a)).toEqual(sizes);
  });

  it('should give eager attention the square of the context', () => {
    const bytes = (tokens: number): number =>
      planFit(SHAPE, { attention: 'eager', contextTokens: tokens })
        .activationBytes;
    expect(bytes(8192) / bytes(4096)).toBeGreaterThan(3.5);
  });

  it('should leave experts in 16 bit with bitsandbytes, and say so', () => {
    const shape = modelShape({
      ...LLAMA,
      model_type: 'qwen3_moe',
      num_experts: 128,
      num_experts_per_tok: 8,
      moe_intermediate_size: 768,
      hidden_size: 2048,
      num_hidden_layers: 48,
      num_key_value_heads: 4,
      head_dim: 128,
      vocab_size: 151936,
      tie_word_embeddings: false
    });
    const plan = planFit(shape, { format: 'nf4' });
    expect(plan.weightsBytes / 1e9).toBeCloseTo(59.8, 0);
    expect(plan.notes.map(({ kind }) => kind)).toContain('experts-16-bit');
  });

  it('should judge each GPU, and all together', () => {
    const statuses = (plan: IFitPlan): string[] =>
      plan.verdicts.map(({ status }) => status);
    expect(statuses(planFit(SHAPE, { gpus: [gpu(40 * GIB)] }))).toEqual([
      'fits'
    ]);
    expect(statuses(planFit(SHAPE, { gpus: [gpu(GIB)] }))).toEqual(['too-big']);
    const two = planFit(SHAPE, { gpus: [gpu(3 * GIB), gpu(3 * GIB)] });
    expect(two.verdicts.map(each => each.gpu)).toEqual(['card', 'card', null]);
  });

  it('should use the smaller workspace of older cards, and warn of bf16 there', () => {
    const plan = planFit(SHAPE, { gpus: [gpu(GIB, [7, 5])] });
    expect(plan.runtimeBytes).toBeLessThan(9 * MIB);
    expect(plan.notes.map(({ kind }) => kind)).toContain('no-bf16');
  });

  it('should widen the range where it is unsure', () => {
    const width = ({ peakBytes }: IFitPlan): number =>
      (peakBytes.high - peakBytes.low) / peakBytes.likely;
    const unknown = modelShape({ ...LLAMA, model_type: 'tomorrow' });
    expect(width(planFit(unknown))).toBeGreaterThan(0.2);
    expect(width(planFit(SHAPE))).toBeLessThan(0.04);
  });

  it('should take less than 2 ms', () => {
    const shape = modelShape({ ...LLAMA, num_hidden_layers: 80 });
    const times = Array.from({ length: 50 }, () => {
      const start = performance.now();
      planFit(shape, { contextTokens: 8192 });
      return performance.now() - start;
    }).sort((a, b) => a - b);
    expect(times[25]).toBeLessThan(2);
  });

  it.each([
    [{ format: 'Q9' }, "'Q9'"],
    [{ contextTokens: 0 }, '`contextTokens`'],
    [{ contextTokens: 1.5 }, '`contextTokens`'],
    [{ batch: -1 }, '`batch`'],
    [{ headroomBytes: NaN }, '`headroomBytes`'],
    [{ kvFormat: 'int3' as 'int4' }, '`kvFormat`'],
    [{ gpus: [{ ...gpu(0), totalBytes: -1 }] }, '`totalBytes`']
  ])('should refuse %o', (options, name) => {
    expect(() => planFit(SHAPE, options)).toThrow(name);
  });
});

describe('formatNamed()', () => {
  it('should know formats in any case and by their other names', () => {
    expect(formatNamed('BF16').name).toBe('bf16');
    expect(formatNamed('nf4-sq').name).toBe('nf4');
    expect(formatNamed('GPTQ-Int4').name).toBe('gptq-int4');
    expect(formatNamed('bf16', 'llama.cpp').name).toBe('F16');
    expect(formatNamed('q4_k_m').runtime).toBe('llama.cpp');
  });
});
