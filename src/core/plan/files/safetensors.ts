import { cleanText } from '../../wire/decode';
import { modelShape } from '../model/model';
import type { IModelShape } from '../model/shape';
import { PlanError } from '../model/shape';

/** The most that is believed of a safetensors header. */
export const SAFETENSORS_LIMITS = {
  /** As the reference implementation. */
  headerBytes: 100_000_000,
  tensors: 2 ** 18,
  dimensions: 8
} as const;

/** Bits of an element of each type. */
const DTYPE_BITS: Readonly<Record<string, number>> = {
  F64: 64,
  I64: 64,
  U64: 64,
  F32: 32,
  I32: 32,
  U32: 32,
  F16: 16,
  BF16: 16,
  I16: 16,
  U16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F4: 4
};

/** One tensor of a file. */
export interface ISafetensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/**
 * How long the header is that follows the first eight bytes of a file.
 *
 * @throws PlanError for a file that is too short, or a length beyond belief.
 */
export function safetensorsHeaderBytes(start: Uint8Array): number {
  if (start.length < 8) {
    throw new PlanError(trans =>
      trans.__('A safetensors file has at least 8 bytes.')
    );
  }
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  const length = view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
  if (length > SAFETENSORS_LIMITS.headerBytes || length < 2) {
    throw new PlanError(trans =>
      trans.__(
        'The safetensors file claims a header of %1 bytes; at most %2 are accepted.',
        length,
        SAFETENSORS_LIMITS.headerBytes
      )
    );
  }
  return length;
}

/**
 * The tensors that a header (its JSON, parsed) names.
 *
 * @throws PlanError, which names the tensor, for what can't be.
 */
export function safetensorsTable(header: unknown): ISafetensor[] {
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw new PlanError(trans =>
      trans.__('The safetensors header should be an object.')
    );
  }
  const entries = Object.entries(header).filter(
    ([name]) => name !== '__metadata__'
  );
  if (entries.length > SAFETENSORS_LIMITS.tensors) {
    throw new PlanError(trans =>
      trans.__('The safetensors header names %1 tensors.', entries.length)
    );
  }
  return entries.map(([name, value]) => tensorOf(cleanText(name, 256), value));
}

function tensorOf(name: string, value: unknown): ISafetensor {
  const { dtype, shape } = (value ?? {}) as Record<string, unknown>;
  const bits = typeof dtype === 'string' ? DTYPE_BITS[dtype] : undefined;
  if (bits === undefined || typeof dtype !== 'string') {
    throw new PlanError(trans =>
      trans.__(
        '`%1` has the type %2, which is not known.',
        name,
        cleanText(String(dtype), 20)
      )
    );
  }
  const isShape =
    Array.isArray(shape) &&
    shape.length <= SAFETENSORS_LIMITS.dimensions &&
    shape.every(each => Number.isSafeInteger(each) && (each as number) >= 0);
  if (!isShape) {
    throw new PlanError(trans =>
      trans.__('`%1` should have a `shape` of whole numbers.', name)
    );
  }
  const sizes = shape as number[];
  const elements = sizes.reduce((product, each) => product * each, 1);
  if (!(elements <= 2 ** 48)) {
    throw new PlanError(trans =>
      trans.__('`%1` claims %2 elements.', name, elements)
    );
  }
  return { name, dtype, shape: sizes, bytes: Math.ceil((elements * bits) / 8) };
}

/**
 * The bytes of all shards, from a `model.safetensors.index.json` (parsed).
 *
 * @throws PlanError when it doesn't say.
 */
export function indexBytes(index: unknown): number {
  const { metadata } = (index ?? {}) as Record<string, unknown>;
  const { total_size: total } = (metadata ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(total) || (total as number) < 0) {
    throw new PlanError(trans =>
      trans.__('`metadata.total_size` of the index should be a whole number.')
    );
  }
  return total as number;
}

/**
 * What a model is made of, from the names and shapes of its tensors alone.
 *
 * Heads can't be told apart there: their products, on which memory depends, are
 * right.
 *
 * @throws PlanError when they are not those of a Llama-like model.
 */
export function safetensorsShape(tensors: readonly ISafetensor[]): IModelShape {
  const find = (pattern: RegExp): ISafetensor | undefined =>
    tensors.find(({ name }) => pattern.test(name));
  const embedding = find(
    /embed_tokens\.weight$|wte\.weight$|word_embeddings\.weight$/
  );
  const gate = find(/(gate_proj|w1)\.weight$/);
  const up = gate ?? find(/(up_proj|fc1|c_fc|dense_h_to_4h)\.weight$/);
  const query = find(/q_proj\.weight$/);
  const key = find(/k_proj\.weight$/);
  if (!embedding || !up || !query || !key) {
    throw new PlanError(trans =>
      trans.__(
        'These tensors do not have the names of a model that the planner knows: its config.json is needed.'
      )
    );
  }
  const layers = tensors.map(({ name }) =>
    Number(/(?:layers|h|blocks)\.(\d+)\./.exec(name)?.[1] ?? -1)
  );
  const headDim = find(/q_norm\.weight$/)?.shape[0] ?? 64;
  const shape = modelShape({
    model_type: find(/q_norm\.weight$/) ? 'qwen3' : 'llama',
    hidden_size: embedding.shape[1],
    vocab_size: embedding.shape[0],
    num_hidden_layers:
      layers.reduce((most, each) => Math.max(most, each), -1) + 1,
    num_attention_heads: Math.floor((query.shape[0] ?? 0) / headDim),
    num_key_value_heads: Math.floor((key.shape[0] ?? 0) / headDim),
    head_dim: headDim,
    intermediate_size: up.shape[0],
    attention_bias: find(/q_proj\.bias$/) !== undefined,
    tie_word_embeddings: find(/lm_head\.weight$/) === undefined
  });
  return { ...shape, uncertainties: [...shape.uncertainties, 'from-tensors'] };
}
