import type { ValidateFunction } from 'ajv';
import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';

import { FORMAT_NAMES, planFit } from '../../../src/core/plan';
import { CONDITIONS } from '../../../src/core/plan/formats/quantmix';
import quantization from '../../../src/core/plan/formats/quantization.json';
import quantizationSchema from '../../../src/core/plan/formats/quantization.schema.json';
import families from '../../../src/core/plan/model/families.json';
import familiesSchema from '../../../src/core/plan/model/families.schema.json';
import type {
  IExpertsFamily,
  IFamily
} from '../../../src/core/plan/model/family';
import { familyNamed } from '../../../src/core/plan/model/families';
import fields from '../../../src/core/plan/model/fields.json';
import fieldsSchema from '../../../src/core/plan/model/fields.schema.json';
import type { Row } from '../../../src/core/plan/model/inherited';
import { inherited } from '../../../src/core/plan/model/inherited';
import { modelShape } from '../../../src/core/plan/model/model';
import type { Block, EagerKind, NormKind } from '../../../src/core/plan';

const validatorOf = (schema: object): ValidateFunction =>
  new Ajv({
    allErrors: true,
    allowUnionTypes: true,
    strictTuples: false
  }).compile(schema);

/** What a file breaks of its schema. */
const faultsOf = (schema: object, data: unknown): string[] => {
  const validate = validatorOf(schema);
  validate(data);
  return (validate.errors ?? []).map(
    ({ instancePath, message }) => `${instancePath} ${message}`
  );
};

/** The names of a union or an interface, complete by the compiler's word. */
const namesOf = (names: Readonly<Record<string, true>>): string[] =>
  Object.keys(names).sort();

const FAMILY: Record<keyof IFamily, true> = {
  ...{ block: true, norm: true, normBias: true, attention: true },
  ...{ qkvBias: true, outBias: true, mlp: true, mlpBias: true, headBias: true },
  ...{ qkNorm: true, qkNormIf: true, rotation: true, rotary: true },
  ...{ positions: true, extraPositions: true, tied: true, headDim: true },
  ...{ kvHeads: true, activation: true, window: true, windowed: true },
  ...{ experts: true, eager: true, isMasked: true, extraHeld: true },
  ...{ rotaryTables: true, isEncoder: true, attentionEvery: true },
  ...{ isGated: true, isPartial: true }
};

const EXPERTS: Record<keyof IExpertsFamily, true> = {
  ...{ sharedWidth: true, sharedCount: true, sharedGate: true },
  ...{ sharedFirst: true, wide: true, bias: true, routerBias: true },
  ...{ dense: true, shared: true, everywhere: true }
};

const BLOCKS: Record<Block, true> = {
  ...{ sequential: true, sandwich: true, post: true, parallel: true },
  ...{ 'parallel-two': true, encoder: true }
};

const NORMS: Record<NormKind, true> = {
  ...{ none: true, layer: true, rms: true, 'rms-wide': true },
  ...{ 'layer-wide': true, 'layer-cast': true }
};

const EAGER: Record<EagerKind, true> = {
  ...{ plain: true, sinks: true, float: true, alibi: true, bias: true }
};

const ATTENTION: Record<NonNullable<IFamily['attention']>, true> = {
  ...{ split: true, fused: true, latent: true, falcon: true, conv: true }
};

const { family, experts } = familiesSchema.definitions;

describe('the data of the planner', () => {
  it.each([
    ['families', familiesSchema, families],
    ['fields', fieldsSchema, fields],
    ['quantization', quantizationSchema, quantization]
  ])('should be as its schema says: %s', (_, schema, data) => {
    expect(faultsOf(schema, data)).toEqual([]);
  });

  it.each([
    { llama: { nrom: 'rms' } },
    { llama: { norm: 'rsm' } },
    { llama: { headDim: '128' } },
    { llama: { experts: { shard: 1 } } },
    { llama: { windowed: 'some' } }
  ])('should have no family like %j', wrong => {
    expect(
      faultsOf(familiesSchema, { ...families, families: wrong })
    ).not.toEqual([]);
  });

  it.each([
    { Q4_K_M: { base: 'Q4_KM' } },
    { Q4_K_M: { base: 'Q4_K', attn_w: [] } },
    { Q4_K_M: { base: 'Q4_K', attn_v: [['Q6_K', 'full-moon']] } },
    { Q4_K_M: { base: 'Q4_K', attn_v: [[]] } },
    { Q4_K_M: { attn_v: [['Q6_K']] } }
  ])('should have no recipe like %j', wrong => {
    expect(
      faultsOf(quantizationSchema, { ...quantization, recipes: wrong })
    ).not.toEqual([]);
  });
});

describe('the schema of families', () => {
  it('should know the fields of the types, and no others', () => {
    const known = Object.keys(family.properties).filter(
      name => name !== 'like'
    );
    expect(known.sort()).toEqual(namesOf(FAMILY));
    expect(Object.keys(experts.properties).sort()).toEqual(namesOf(EXPERTS));
  });

  it('should know the words of the types, and no others', () => {
    const { block, norm, eager, attention } = family.properties;
    const words = [block, norm, eager, attention].map(each =>
      each.enum.filter(word => word !== null).sort()
    );
    expect(words).toEqual([BLOCKS, NORMS, EAGER, ATTENTION].map(namesOf));
  });
});

describe('inherited()', () => {
  interface IFields {
    a: number;
    b: object;
    d: boolean;
  }

  const read = (rows: Record<string, Row<IFields>>): unknown =>
    Object.fromEntries(
      inherited<IFields>(rows, { base: { a: 1, b: { c: 2 } } })
    );

  it('should take what a row does not say from the one that it is like', () => {
    expect(
      read({ one: { like: 'base', a: 3 }, two: { like: 'one', d: false } })
    ).toEqual({
      one: { a: 3, b: { c: 2 } },
      two: { a: 3, b: { c: 2 }, d: false }
    });
  });

  it('should take a field away that is null', () => {
    expect(
      read({ one: { like: 'base', a: null }, two: { like: 'one', a: 4 } })
    ).toEqual({ one: { b: { c: 2 } }, two: { a: 4, b: { c: 2 } } });
  });
});

describe('rows that are like others', () => {
  it.each([
    ['families', { ...families.bases, ...families.families }],
    ['recipes', { ...quantization.bases, ...quantization.recipes }]
  ])('should come to an end, and name what there is: %s', (_, rows) => {
    const all: Readonly<Record<string, Row<object>>> = rows;
    for (const name of Object.keys(all)) {
      const seen: string[] = [];
      for (let at: string | undefined = name; at !== undefined;) {
        expect(Object.keys(all)).toContain(at);
        expect(seen).not.toContain(at);
        seen.push(at);
        at = all[at]?.like;
      }
    }
  });
});

describe('families', () => {
  /** A config with what any family could ask for. */
  const config = {
    ...{ hidden_size: 1024, num_hidden_layers: 8, num_attention_heads: 16 },
    ...{ intermediate_size: 4096, vocab_size: 32000, head_dim: 64 },
    ...{ max_position_embeddings: 4096, num_experts: 8, moe_k: 2 },
    ...{ moe_intermediate_size: 512, kv_lora_rank: 64, q_lora_rank: 64 },
    ...{ qk_nope_head_dim: 64, qk_rope_head_dim: 32, v_head_dim: 64 },
    ...{ shared_expert_intermediate_size: 512, n_shared_experts: 1 },
    ...{ shared_intermediate_size: 512, moe_num_shared_experts: 1 },
    ...{ linear_num_value_heads: 8, linear_num_key_heads: 8 },
    ...{ linear_key_head_dim: 64, linear_value_head_dim: 64 },
    ...{ linear_conv_kernel_dim: 4, type_vocab_size: 2 }
  };

  it.each(Object.keys(families.families))('should be planned for: %s', name => {
    const shape = modelShape({ ...config, model_type: name });
    expect(planFit(shape).weightsBytes).toBeGreaterThan(0);
    expect(shape.uncertainties).not.toContain('unknown-architecture');
  });

  it('should be what other names stand for', () => {
    for (const [alias, name] of Object.entries(families.aliases)) {
      expect(familyNamed(alias)).toBeNull();
      expect(familyNamed(name)).not.toBeNull();
    }
  });

  it('should not hold bases, nor what can not be planned for', () => {
    for (const name of [
      ...Object.keys(families.bases),
      ...families.unplanned
    ]) {
      expect(familyNamed(name)).toBeNull();
    }
  });
});

describe('quantization', () => {
  it('should ask for the conditions that there are', () => {
    const { condition } = quantizationSchema.definitions;
    expect(condition.enum.slice().sort()).toEqual(
      Object.keys(CONDITIONS).sort()
    );
  });

  it('should name the block formats that there are', () => {
    const { format } = quantizationSchema.definitions;
    expect(format.enum.slice().sort()).toEqual(
      Object.keys(quantization.blocks).sort()
    );
  });

  it('should give no number of a file to two formats', () => {
    const types = Object.values(quantization.blocks).map(([, , type]) => type);
    expect(new Set(types).size).toBe(types.length);
  });

  it('should have formats for other names of them', () => {
    for (const name of Object.values(quantization.aliases)) {
      expect(FORMAT_NAMES).toContain(name);
    }
  });
});
