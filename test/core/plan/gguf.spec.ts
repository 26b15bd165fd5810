import { describe, expect, it } from 'vitest';

import {
  ggufShape,
  modelShape,
  parseGguf,
  planFit
} from '../../../src/core/plan';
import { quantizationMixBytes } from '../../../src/core/plan/formats/quantmix';
import { visitTensors } from '../../../src/core/plan/model/tensors';
import { start, Writer } from './ggufwriter';
import { LLAMA } from './rows';

const SHAPE = modelShape(LLAMA);

const METADATA: Record<string, string | number> = {
  'general.architecture': 'llama',
  'general.file_type': 15,
  'llama.embedding_length': LLAMA.hidden_size,
  'llama.block_count': LLAMA.num_hidden_layers,
  'llama.attention.head_count': LLAMA.num_attention_heads,
  'llama.attention.head_count_kv': LLAMA.num_key_value_heads,
  'llama.feed_forward_length': LLAMA.intermediate_size,
  'llama.context_length': 131072
};

/** A file with the tensors of `LLAMA`, all of them Q4_K (type 12). */
function file(metadata = METADATA): Uint8Array {
  const tensors: [string, number, number][] = [];
  visitTensors(SHAPE, ({ role, rows, columns }, layer) => {
    const name = layer < 0 ? role : `blk.${layer}.${role}`;
    tensors.push([`${name}.weight`, columns, rows]);
  });
  const entries = Object.entries(metadata);
  const writer = start(tensors.length, entries.length);
  entries.forEach(([key, value]) => writer.entry(key, value));
  for (const [name, columns, rows] of tensors) {
    writer.text(name).number(2, 4).number(columns, 8).number(rows, 8);
    writer.number(rows === 1 ? 0 : 12, 4).number(0, 8);
  }
  return writer.array;
}

describe('parseGguf()', () => {
  it('should read metadata and the exact size of every tensor', () => {
    const header = parseGguf(file());
    expect(header.metadata.get('llama.block_count')).toBe(16);
    const embedding = header.tensors[0];
    expect(embedding).toMatchObject({
      name: 'token_embd.weight',
      format: 'Q4_K'
    });
    expect(embedding?.bytes).toBe(((128256 * 2048) / 256) * 144);
  });

  it('should refuse a file that is cut anywhere', () => {
    const whole = file();
    for (let length = 0; length < whole.length; length += 7) {
      expect(
        () => parseGguf(whole.subarray(0, length)),
        String(length)
      ).toThrow(/GGUF/);
    }
  });

  it.each([
    ['another magic', new Writer().number(1, 4).number(0, 60)],
    [
      'version 1',
      new Writer().number(0x46554747, 4).number(1, 4).number(0, 60)
    ],
    ['endless tensors', start(2 ** 60, 0)],
    ['endless entries', start(0, 2 ** 60)],
    [
      'a text beyond 64 bits',
      start(0, 1)
        .number(255, 1)
        .number(2 ** 55, 8)
    ],
    [
      'an unknown value type',
      start(0, 1).text('a').number(99, 4).number(0, 40)
    ],
    [
      'an endless array',
      start(0, 1)
        .text('a')
        .number(9, 4)
        .number(8, 4)
        .number(2 ** 50, 8)
    ],
    [
      'an array that overflows',
      start(0, 1)
        .text('a')
        .number(9, 4)
        .number(10, 4)
        .number(2 ** 61, 8)
    ],
    [
      'endless dimensions',
      start(1, 0)
        .text('a')
        .number(2 ** 31, 4)
        .number(0, 40)
    ],
    [
      'dimensions that overflow',
      start(1, 0)
        .text('a')
        .number(2, 4)
        .number(2 ** 40, 8)
        .number(2 ** 40, 8)
        .number(0, 20)
    ],
    [
      'an unknown tensor type',
      start(1, 0).text('a').number(1, 4).number(8, 8).number(77, 4).number(0, 8)
    ]
  ])('should refuse %s', (_, writer) => {
    expect(() => parseGguf(writer.array)).toThrow();
  });

  it('should not follow arrays in arrays without end', () => {
    const writer = start(0, 1).text('a').number(9, 4);
    for (let depth = 0; depth < 5000; depth++) {
      writer.number(9, 4).number(1, 8);
    }
    expect(() => parseGguf(writer.array)).toThrow('arrays in arrays');
  });
});

describe('ggufShape()', () => {
  it('should plan with the sizes of the file', () => {
    const header = parseGguf(file());
    const shape = ggufShape(header);
    expect(shape.isTied).toBe(true);
    expect(shape.file?.format).toBe('Q4_K_M');
    const plan = planFit(shape, { contextTokens: 2048 });
    const sum = header.tensors.reduce((all, { bytes }) => all + bytes, 0);
    expect(plan.weightsBytes).toBe(sum);
    expect(plan.kvCacheBytes).toBe(2 * 16 * 8 * 64 * 2048 * 2);
  });

  it('should name what a header lacks', () => {
    const without = (name: string): Record<string, string | number> =>
      Object.fromEntries(
        Object.entries(METADATA).filter(([key]) => key !== name)
      );
    expect(() =>
      ggufShape(parseGguf(file(without('llama.block_count'))))
    ).toThrow('`num_hidden_layers`');
    expect(() =>
      ggufShape(parseGguf(file(without('general.architecture'))))
    ).toThrow('`general.architecture`');
  });
});

describe('recipeBytes()', () => {
  it('should store what does not divide into blocks of 256 in another format', () => {
    const tensor = {
      role: 'attn_q',
      part: 'attention' as const,
      rows: 10,
      columns: 96,
      copies: 1,
      isLinear: true
    };
    expect(quantizationMixBytes(SHAPE, 'Q4_K_S', tensor, 0)).toBe(10 * 3 * 22);
    expect(quantizationMixBytes(SHAPE, 'Q8_0', tensor, 0)).toBe(10 * 3 * 34);
  });
});
