import { familyNamed } from '../model/families';
import type { GgufValue, IGgufHeader, IGgufTensor } from './gguf';
import { refuseNoModel } from './ggufparts';
import type { OwnField } from './gguflayers';
import { withKept } from './gguflayers';
import { modelShape } from '../model/model';
import type { IFileSizes, IModelShape, WeightPart } from '../model/shape';
import { PlanError } from '../model/shape';
import { noWeights } from '../model/tensors';

/** What llama.cpp calls a family, where transformers calls it otherwise. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  qwen2moe: 'qwen2_moe',
  qwen3moe: 'qwen3_moe',
  qwen3next: 'qwen3_next',
  gemma3: 'gemma3_text',
  gptneox: 'gpt_neox',
  starcoder: 'gpt_bigcode',
  'gpt-oss': 'gpt_oss',
  deepseek2: 'deepseek_v2',
  phi2: 'phi',
  'command-r': 'cohere',
  chatglm: 'glm',
  glm4moe: 'glm4_moe',
  granitemoe: 'granitemoe',
  'ernie4_5-moe': 'ernie4_5_moe',
  'hunyuan-dense': 'hunyuan_v1_dense',
  llama4: 'llama4_text'
};

/**
 * What a model is made of, from the header of its GGUF file, with the exact
 * size of every tensor.
 *
 * @throws PlanError when the header lacks what the plan needs.
 */
export function ggufShape(header: IGgufHeader): IModelShape {
  refuseNoModel(header);
  const { metadata, tensors } = header;
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string' || architecture === '') {
    throw new PlanError(trans =>
      trans.__('The GGUF header has no `general.architecture`.')
    );
  }
  const own: OwnField = key => metadata.get(`${architecture}.${key}`);
  const shape = modelShape(configOf(architecture, own, tensors));
  const isTied = !tensors.some(({ name }) => name === 'output.weight');
  const layers = withKept(shape, header, own);
  return { ...shape, layers, isTied, file: sizesOf(header, shape) };
}

/** The metadata as the config that transformers would have. */
function configOf(
  architecture: string,
  own: OwnField,
  tensors: readonly IGgufTensor[]
): Record<string, unknown> {
  const type = ARCHITECTURES[architecture] ?? architecture;
  const embedding = tensors.find(({ name }) => name === 'token_embd.weight');
  const keys = own('attention.key_length');
  const kvHeads = own('attention.head_count_kv');
  const fields: Record<string, GgufValue | undefined> = {
    hidden_size: own('embedding_length'),
    num_hidden_layers: own('block_count'),
    num_attention_heads: largest(own('attention.head_count')),
    num_key_value_heads: largest(kvHeads),
    intermediate_size: largest(own('feed_forward_length')),
    vocab_size: embedding?.dimensions[1] ?? own('vocab_size'),
    max_position_embeddings: own('context_length'),
    head_dim: keys,
    sliding_window: own('attention.sliding_window'),
    num_experts: own('expert_count'),
    num_experts_per_tok: own('expert_used_count'),
    moe_intermediate_size: own('expert_feed_forward_length'),
    kv_lora_rank: own('attention.kv_lora_rank'),
    q_lora_rank: own('attention.q_lora_rank'),
    qk_rope_head_dim:
      own('attention.kv_lora_rank') === undefined
        ? undefined
        : own('rope.dimension_count')
  };
  return {
    model_type: familyNamed(type) ? type : architecture,
    ...Object.fromEntries(Object.entries(fields).filter(isKnown))
  };
}

function isKnown([, value]: [string, unknown]): boolean {
  return value !== undefined && value !== null;
}

function largest(value: GgufValue | undefined): GgufValue | undefined {
  return Array.isArray(value)
    ? (value as readonly number[]).reduce((a, b) => Math.max(a, b), 0)
    : value;
}

function sizesOf(header: IGgufHeader, shape: IModelShape): IFileSizes {
  const weightsByPart = noWeights();
  const layerBytes = shape.layers.map(() => 0);
  const byFormat = new Map<string, number>();
  let parameters = 0;
  for (const { name, dimensions, format, bytes } of header.tensors) {
    weightsByPart[partOf(name)] += bytes;
    const layer = Number(/^blk\.(\d+)\./.exec(name)?.[1] ?? NaN);
    if (layerBytes[layer] !== undefined) {
      layerBytes[layer] += bytes;
    }
    byFormat.set(format, (byFormat.get(format) ?? 0) + bytes);
    parameters += dimensions.reduce((product, each) => product * each, 1);
  }
  const [most] = [...byFormat].sort(([, a], [, b]) => b - a);
  return {
    format: formatOf(
      header.metadata.get('general.file_type'),
      most?.[0] ?? 'F16'
    ),
    weightsByPart,
    layerBytes,
    parameters
  };
}

/** What `general.file_type` numbers (`enum llama_ftype`). */
const FILE_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  7: 'Q8_0',
  8: 'Q5_0',
  9: 'Q5_1',
  10: 'Q2_K',
  11: 'Q3_K_S',
  12: 'Q3_K_M',
  13: 'Q3_K_L',
  14: 'Q4_K_S',
  15: 'Q4_K_M',
  16: 'Q5_K_S',
  17: 'Q5_K_M',
  18: 'Q6_K',
  19: 'IQ2_XXS',
  20: 'IQ2_XS',
  21: 'Q2_K_S',
  22: 'IQ3_XS',
  23: 'IQ3_XXS',
  24: 'IQ1_S',
  25: 'IQ4_NL',
  26: 'IQ3_S',
  27: 'IQ3_M',
  28: 'IQ2_S',
  29: 'IQ2_M',
  30: 'IQ4_XS',
  31: 'IQ1_M',
  32: 'F16'
};

/** The recipe's name; where the file doesn't say, the one that its commonest format suggests. */
function formatOf(type: GgufValue | undefined, commonest: string): string {
  const named = typeof type === 'number' ? FILE_TYPES[type] : undefined;
  const guesses: Readonly<Record<string, string>> = {
    Q3_K: 'Q3_K_M',
    Q4_K: 'Q4_K_M',
    Q5_K: 'Q5_K_M',
    BF16: 'F16',
    MXFP4: 'Q4_0'
  };
  return named ?? guesses[commonest] ?? commonest;
}

/** Which part of the weights a tensor of that name belongs to. */
export function partOf(name: string): WeightPart {
  return /token_embd|position_embd|token_types|^v\.|^mm\./.test(name)
    ? 'embedding'
    : /^output\.|^cls/.test(name)
      ? 'output'
      : /norm/.test(name)
        ? 'norm'
        : /_exps/.test(name)
          ? 'experts'
          : /attn|ssm/.test(name)
            ? 'attention'
            : 'feedForward';
}
