import { describe, expect, it } from 'vitest';

import type { IFitPlan } from '../../../src/core/plan';
import {
  ggufShape,
  joinGguf,
  parseGguf,
  planFit,
  plannableOfFile,
  PlanError
} from '../../../src/core/plan';
import type { IModelFile } from '../../../src/core/plan';
import { MIB } from '../../../src/core/text/units';
import type { MetadataValue } from './ggufwriter';
import { ggufOf } from './ggufwriter';

type Fields = Readonly<Record<string, MetadataValue>>;

/** Metadata under the name of an architecture. */
function metadataOf(architecture: string, fields: Fields): Fields {
  const own = Object.entries({
    context_length: 262144,
    vocab_size: 32000,
    feed_forward_length: 8192,
    ...fields
  }).map(([key, value]) => [`${architecture}.${key}`, value] as const);
  return { 'general.architecture': architecture, ...Object.fromEntries(own) };
}

function planOf(
  architecture: string,
  fields: Fields,
  contextTokens = 8192,
  names: readonly string[] = []
): IFitPlan {
  const bytes = ggufOf(metadataOf(architecture, fields), names);
  return planFit(ggufShape(parseGguf(bytes)), { contextTokens });
}

function each<T>(count: number, of: (layer: number) => T): T[] {
  return Array.from({ length: count }, (_, layer) => of(layer));
}

const GEMMA4: Fields = {
  block_count: 48,
  embedding_length: 3840,
  'attention.head_count': 16,
  'attention.head_count_kv': each(48, at => ((at + 1) % 6 === 0 ? 1 : 8)),
  'attention.sliding_window': 1024,
  'attention.sliding_window_pattern': each(48, at => (at + 1) % 6 !== 0),
  'attention.key_length': 512,
  'attention.value_length': 512,
  'attention.key_length_swa': 256,
  'attention.value_length_swa': 256,
  'attention.shared_kv_layers': 0
};
const DEEPSEEK: Fields = {
  block_count: 27,
  embedding_length: 2048,
  'attention.head_count': 16,
  'attention.head_count_kv': 16,
  'attention.key_length': 192,
  'attention.value_length': 128,
  'attention.kv_lora_rank': 512,
  'rope.dimension_count': 64
};
const ORNITH: Fields = {
  block_count: 32,
  embedding_length: 4096,
  'attention.head_count': 16,
  'attention.head_count_kv': 4,
  'attention.key_length': 256,
  'attention.value_length': 256,
  full_attention_interval: 4,
  'ssm.conv_kernel': 4,
  'ssm.group_count': 16,
  'ssm.inner_size': 4096,
  'ssm.state_size': 128
};
const GEMMA3N: Fields = {
  block_count: 35,
  embedding_length: 2048,
  feed_forward_length: each(35, () => 16384),
  'attention.head_count': 8,
  'attention.head_count_kv': 2,
  'attention.key_length': 256,
  'attention.value_length': 256,
  'attention.sliding_window': 512,
  'attention.sliding_window_pattern': each(35, at => (at + 1) % 5 !== 0),
  'attention.shared_kv_layers': 15
};

describe('ggufShape() layer by layer', () => {
  // What llama.cpp allocated, in MiB with 8,192 and 32,768 tokens, by public reports.
  it.each<[string, string, Fields, number, number]>([
    ['gemma4:12b', 'gemma4', GEMMA4, 608, 992],
    ['deepseek-coder-v2', 'deepseek2', DEEPSEEK, 2160, 8640],
    ['ornith:9b', 'qwen35', ORNITH, 306.25, 1074.25],
    [
      'a draft layer at the end',
      'qwen35',
      { ...ORNITH, block_count: 33, nextn_predict_layers: 1 },
      306.25,
      1074.25
    ],
    ['gemma3n E4B', 'gemma3n', GEMMA3N, 96, 288],
    [
      'deepseek with its ranks used',
      'deepseek2',
      { ...DEEPSEEK, 'attention.key_length_mla': 192 },
      243,
      972
    ],
    [
      'layers without keys that keep a convolution',
      'lfm2',
      {
        block_count: 16,
        embedding_length: 2048,
        'attention.head_count': 32,
        'attention.head_count_kv': each(16, at =>
          [2, 5, 8, 10, 12, 14].includes(at) ? 8 : 0
        ),
        'shortconv.l_cache': 3
      },
      96 + (10 * 2 * 2048 * 4) / MIB,
      384 + (10 * 2 * 2048 * 4) / MIB
    ],
    [
      'a pattern that is a number',
      'tomorrow',
      { ...GEMMA4, 'attention.sliding_window_pattern': 6 },
      608,
      992
    ]
  ])('should know the cache of %s', (_, architecture, fields, less, more) => {
    const cache = (tokens: number): number =>
      planOf(architecture, fields, tokens).kvCacheBytes / MIB;
    expect(cache(8192)).toBeCloseTo(less, 6);
    expect(cache(32768)).toBeCloseTo(more, 6);
  });

  it('should follow the tensors of each layer where the file has them', () => {
    const attended = { ...ORNITH, full_attention_interval: 1 };
    const names = each(32, at =>
      (at + 1) % 4 === 0
        ? [`blk.${at}.attn_q.weight`, `blk.${at}.attn_k.weight`]
        : [`blk.${at}.attn_qkv.weight`, `blk.${at}.ssm_a`]
    ).flat();
    const plan = planOf('qwen35', attended, 8192, names);
    expect(plan.kvCacheBytes / MIB).toBeCloseTo(306.25, 6);
    const both = each(32, at => [
      `blk.${at}.attn_k.weight`,
      `blk.${at}.ssm_in.weight`
    ]).flat();
    expect(
      planOf('falcon-h1', attended, 8192, both).kvCacheBytes / MIB
    ).toBeCloseTo(1024 + (50.25 * 32) / 24, 6);
  });

  it('should keep nothing for what attends both ways', () => {
    const fields = { ...ORNITH, full_attention_interval: 1 };
    expect(
      planOf('tomorrow', { ...fields, 'attention.causal': false }).kvCacheBytes
    ).toBe(0);
    expect(planOf('tomorrow', fields).kvCacheBytes).toBe(1024 * MIB);
  });

  it('should refuse a list that is too short, and name it', () => {
    expect(() => planOf('gemma4', { ...GEMMA4, block_count: 49 })).toThrow(
      '`attention.head_count_kv` has 48 values for 49 layers'
    );
  });
});

describe('A split GGUF file', () => {
  const metadata = metadataOf('granite', {
    block_count: 2,
    embedding_length: 64,
    'attention.head_count': 2
  });
  const parts = each(3, at =>
    ggufOf(
      {
        ...(at === 0 ? metadata : {}),
        'split.no': at,
        'split.count': 3,
        'split.tensors.count': 3
      },
      [`blk.0.ffn_${at}.weight`]
    )
  );
  const base64 = (bytes: Uint8Array): string =>
    btoa(String.fromCharCode(...bytes));
  const file = (data: Uint8Array, ...more: Uint8Array[]): IModelFile => ({
    path: '/models/a-00001-of-00003.gguf',
    kind: 'gguf',
    text: null,
    data: base64(data),
    more: more.map(base64),
    weightsBytes: null
  });
  const [one, two, three] = parts as [Uint8Array, Uint8Array, Uint8Array];

  it('should be planned for as the whole', () => {
    const sum = 3 * 64 * 32 * 4;
    const { shape } = plannableOfFile(file(one, two, three));
    expect(planFit(shape).weightsBytes).toBe(sum);
    const mixed = joinGguf([three, one, two].map(each => parseGguf(each)));
    expect(planFit(ggufShape(mixed)).weightsBytes).toBe(sum);
  });

  it.each<[string, IModelFile, RegExp]>([
    ['its first part', file(one), /3 files, and part 2, 3 is missing/],
    ['its second part', file(two), /3 files, and part 1, 3 is missing/],
    ['two parts', file(one, three), /part 2 is missing/],
    ['a part twice', file(one, two, two), /part 3 is missing/],
    [
      'an endless count',
      file(ggufOf({ ...metadata, 'split.count': 2 ** 31 })),
      /`split.count`/
    ]
  ])('should not be planned for by %s', (_, part, reason) => {
    expect(() => plannableOfFile(part)).toThrow(PlanError);
    expect(() => plannableOfFile(part)).toThrow(reason);
  });
});

describe('A GGUF file that holds no model', () => {
  const projector = { 'clip.vision.block_count': 27 };

  it.each<[string, Fields, RegExp]>([
    [
      'a projector',
      { 'general.architecture': 'clip', ...projector },
      /projector \(mmproj\) of 16 KiB/
    ],
    [
      'a projector by its type',
      { 'general.architecture': 'new', 'general.type': 'mmproj' },
      /projector \(mmproj\)/
    ],
    [
      'an adapter',
      { 'general.architecture': 'llama', 'general.type': 'adapter' },
      /`general.type` is adapter/
    ]
  ])('should be named: %s', (_, metadata, reason) => {
    const header = parseGguf(ggufOf(metadata, ['v.a', 'v.b']));
    expect(() => ggufShape(header)).toThrow(reason);
  });
});
