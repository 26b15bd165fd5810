import { describe, expect, it } from 'vitest';

import { modelShape, parameterCounts } from '../../../src/core/plan';
import { TorchAllocator } from '../../../src/core/plan/torch/allocator';
import { prefill } from '../../../src/core/plan/torch/forward';
import { AllocationTrace } from '../../../src/core/plan/torch/trace';
import type { IModelShape } from '../../../src/core/plan/model/shape';
import type { ITracedModel } from './rows';
import { LLAMA, mean, rowsOf } from './rows';

const TRACED = rowsOf<ITracedModel>('traced_models.jsonl');

/** Whether a GPU takes another kernel of sdpa than the meta device did; fit.spec.ts has its rows. */
function needsMath({ layers }: IModelShape): boolean {
  return layers.some(
    ({ attention }) => 'isBroadcast' in attention && attention.isBroadcast
  );
}

describe('modelShape()', () => {
  it('should count the parameters of every family as transformers does', () => {
    expect(TRACED.length).toBeGreaterThanOrEqual(80);
    for (const { model, config, params } of TRACED) {
      const { total } = parameterCounts(modelShape(config));
      expect(Math.abs(total / params - 1), model).toBeLessThan(0.001);
    }
  });

  it('should count only the chosen experts as active', () => {
    const traced = TRACED.find(({ model }) => model === 'Qwen3-30B-A3B');
    const { total, active } = parameterCounts(modelShape(traced?.config));
    expect(total / 1e9).toBeCloseTo(30.5, 1);
    expect(active / 1e9).toBeCloseTo(3.35, 1);
  });

  it('should read a nested text config, and say that the rest is unsure', () => {
    const shape = modelShape({
      model_type: 'gemma3',
      text_config: { ...LLAMA, model_type: 'gemma3_text' },
      vision_config: { hidden_size: 1152, num_hidden_layers: 27 }
    });
    expect(shape.architecture).toBe('gemma3_text');
    expect(shape.uncertainties).toContain('partial');
  });

  it('should take an unknown architecture for a Llama-like one, and say so', () => {
    const shape = modelShape({ ...LLAMA, model_type: 'tomorrow' });
    expect(shape.uncertainties).toEqual(['unknown-architecture']);
  });

  it('should tell a null window from an absent one', () => {
    const mistral = { ...LLAMA, model_type: 'mistral' };
    const windowOf = (config: unknown): unknown =>
      modelShape(config).layers[0]?.attention.window;
    expect(windowOf(mistral)).toBe(4096);
    expect(windowOf({ ...mistral, sliding_window: null })).toBe(null);
  });

  it.each([
    ['no object', null, 'object'],
    ['a list', [], 'object'],
    ['nothing in it', {}, '`hidden_size`'],
    ['a text for a number', { ...LLAMA, hidden_size: '2048' }, '`hidden_size`'],
    ['zero layers', { ...LLAMA, num_hidden_layers: 0 }, '`num_hidden_layers`'],
    [
      'endless layers',
      { ...LLAMA, num_hidden_layers: 1e9 },
      '`num_hidden_layers`'
    ],
    [
      'an absurd width',
      { ...LLAMA, intermediate_size: 2 ** 50 },
      '`intermediate_size`'
    ],
    [
      'half a head',
      { ...LLAMA, num_attention_heads: 32.5 },
      '`num_attention_heads`'
    ],
    ['a negative size', { ...LLAMA, vocab_size: -1 }, '`vocab_size`'],
    ['no number', { ...LLAMA, vocab_size: NaN }, '`vocab_size`'],
    [
      'more key heads than heads',
      { ...LLAMA, num_key_value_heads: 64 },
      '`num_key_value_heads`'
    ],
    ['text for a list', { ...LLAMA, layer_types: 'full' }, '`layer_types`'],
    [
      'an encoder and a decoder',
      { ...LLAMA, is_encoder_decoder: true },
      '`is_encoder_decoder`'
    ],
    ['a state-space model', { ...LLAMA, model_type: 'mamba2' }, 'mamba2'],
    ['a nested text', { text_config: 'none' }, 'object'],
    ['inherited fields', Object.create(LLAMA) as unknown, '`hidden_size`']
  ])('should refuse %s and name it', (_, config, name) => {
    expect(() => modelShape(config)).toThrow(name);
  });
});

describe('prefill()', () => {
  it('should allocate what transformers allocates, family by family', () => {
    const errors: number[] = [];
    for (const { model, config, params, traces } of TRACED) {
      const shape = modelShape(config);
      if (needsMath(shape)) {
        continue;
      }
      const isSure = !shape.uncertainties.includes('recurrent');
      for (const { tokens, peak } of traces) {
        const allocator = new TorchAllocator();
        prefill(
          new AllocationTrace(allocator, tokens, 1, 2, { scratch: () => [] }),
          shape
        );
        const error =
          Math.abs(allocator.peakBytes - peak) / (2 * params + peak);
        errors.push(error);
        if (
          isSure &&
          shape.architecture !== 'deberta-v2' &&
          shape.uncertainties.length === 0
        ) {
          expect(error, `${model} ${tokens}`).toBeLessThan(0.014);
        }
      }
    }
    expect(mean(errors)).toBeLessThan(0.003);
  });
});
