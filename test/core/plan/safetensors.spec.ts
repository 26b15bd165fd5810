import { describe, expect, it } from 'vitest';

import {
  indexBytes,
  modelShape,
  parameterCounts,
  safetensorsHeaderBytes,
  safetensorsShape,
  safetensorsTable
} from '../../../src/core/plan';
import { LLAMA } from './rows';

/** The header of a file with the tensors of `LLAMA`. */
function header(): Record<string, unknown> {
  const entry = (...shape: number[]): object => ({
    dtype: 'BF16',
    shape,
    data_offsets: [0, 0]
  });
  const tensors: Record<string, unknown> = {
    __metadata__: { format: 'pt' },
    'model.embed_tokens.weight': entry(128256, 2048),
    'model.norm.weight': entry(2048)
  };
  for (let layer = 0; layer < 16; layer++) {
    const name = `model.layers.${layer}`;
    tensors[`${name}.self_attn.q_proj.weight`] = entry(2048, 2048);
    tensors[`${name}.self_attn.k_proj.weight`] = entry(512, 2048);
    tensors[`${name}.self_attn.v_proj.weight`] = entry(512, 2048);
    tensors[`${name}.self_attn.o_proj.weight`] = entry(2048, 2048);
    tensors[`${name}.mlp.gate_proj.weight`] = entry(8192, 2048);
    tensors[`${name}.mlp.up_proj.weight`] = entry(8192, 2048);
    tensors[`${name}.mlp.down_proj.weight`] = entry(2048, 8192);
    tensors[`${name}.input_layernorm.weight`] = entry(2048);
    tensors[`${name}.post_attention_layernorm.weight`] = entry(2048);
  }
  return tensors;
}

describe('safetensorsShape()', () => {
  it('should find the same model in the tensors as in the config', () => {
    const table = safetensorsTable(header());
    const shape = safetensorsShape(table);
    const { total } = parameterCounts(shape);
    expect(total).toBe(parameterCounts(modelShape(LLAMA)).total);
    expect(table.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(2 * total);
    expect(shape.uncertainties).toContain('from-tensors');
  });

  it('should refuse tensors with other names', () => {
    expect(() => safetensorsShape([])).toThrow('config.json');
  });
});

describe('safetensorsTable()', () => {
  it.each([
    ['a list', [], 'object'],
    ['an unknown type', { a: { dtype: 'X', shape: [] } }, '`a`'],
    ['no shape', { a: { dtype: 'F16' } }, '`a`'],
    ['a text in a shape', { a: { dtype: 'F16', shape: ['1'] } }, '`a`'],
    [
      'a shape that overflows',
      { a: { dtype: 'F16', shape: [2 ** 40, 2 ** 40] } },
      '`a`'
    ],
    ['nothing', { a: null }, '`a`']
  ])('should refuse %s', (_, value, name) => {
    expect(() => safetensorsTable(value)).toThrow(name);
  });
});

describe('safetensorsHeaderBytes()', () => {
  it('should refuse a header of 1 GB, and less than 8 bytes', () => {
    const claim = new Uint8Array(new BigUint64Array([10n ** 9n]).buffer);
    expect(() => safetensorsHeaderBytes(claim)).toThrow('1000000000 bytes');
    expect(() => safetensorsHeaderBytes(new Uint8Array(7))).toThrow('8 bytes');
    const small = new Uint8Array(new BigUint64Array([64n]).buffer);
    expect(safetensorsHeaderBytes(small)).toBe(64);
  });
});

describe('indexBytes()', () => {
  it('should read the total, or say that there is none', () => {
    expect(indexBytes({ metadata: { total_size: 5 } })).toBe(5);
    expect(() => indexBytes({ metadata: {} })).toThrow('`metadata.total_size`');
    expect(() => indexBytes(null)).toThrow('`metadata.total_size`');
  });
});
