import { MIB } from '../units';
import type { IFigures } from './ranges';
import type { IFormat } from './formats';
import type { ICheckedOptions } from './options';
import { kvElementBytes } from './options';
import type { Attention, IModelShape } from './shape';
import { noWeights, visitTensors } from './simulate';

/** Tokens that are computed at once by default (`-ub`). */
export const UBATCH_TOKENS = 512;
/** The cache is padded to a multiple of this. */
const KV_PAD_TOKENS = 256;
export const FLOAT_BYTES = 4;

/** What llama.cpp allocates on the GPU with every layer on it. */
export function llamaFigures(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): IFigures {
  const weightsByPart = shape.file
    ? { ...shape.file.weightsByPart }
    : noWeights();
  if (!shape.file) {
    visitTensors(shape, (tensor, layer) => {
      for (const bytes of format.stored(shape, tensor, layer)) {
        weightsByPart[tensor.part] += bytes;
      }
    });
  }
  const weightsBytes = Object.values(weightsByPart).reduce((a, b) => a + b, 0);
  // The input embedding stays in the computer's memory; a tied output has a copy on the GPU.
  const hostBytes = shape.isTied ? 0 : weightsByPart.embedding;
  const kvCacheBytes = llamaCacheBytes(shape, options);
  const activationBytes = computeBytes(shape, options);
  const peakBytes = weightsBytes - hostBytes + kvCacheBytes + activationBytes;
  const parts = { weightsByPart, weightsBytes, kvCacheBytes, activationBytes };
  return { ...parts, ...asBuffers(peakBytes) };
}

/** What follows where everything is one of llama.cpp's own buffers, made once. */
export function asBuffers(
  peakBytes: number
): Pick<
  IFigures,
  'runtimeBytes' | 'peakBytes' | 'reservedBytes' | 'leftoverBytes'
> {
  return {
    runtimeBytes: 0,
    peakBytes,
    reservedBytes: peakBytes,
    leftoverBytes: 0
  };
}

/** Keys and values of every layer; those with a window keep no more than it and one batch. */
export function llamaCacheBytes(
  shape: IModelShape,
  options: Pick<ICheckedOptions, 'contextTokens' | 'batch' | 'kvFormat'>
): number {
  const { contextTokens, batch, kvFormat } = options;
  const bytes = kvElementBytes(kvFormat, 2);
  return shape.layers.reduce((sum, { attention }) => {
    const most =
      attention.window === null
        ? contextTokens
        : Math.min(contextTokens, attention.window + UBATCH_TOKENS);
    const padded = Math.ceil(most / KV_PAD_TOKENS) * KV_PAD_TOKENS;
    const tokens = contextTokens < KV_PAD_TOKENS ? contextTokens : padded;
    return sum + batch * cacheOfLayer(attention, tokens, bytes);
  }, 0);
}

function cacheOfLayer(
  attention: Attention,
  tokens: number,
  bytes: number
): number {
  switch (attention.kind) {
    case 'softmax':
      return 2 * attention.kvHeads * attention.headDim * tokens * bytes;
    case 'latent':
      return (attention.latentRank + attention.rotaryDim) * tokens * bytes;
    case 'recurrent':
      return attention.stateElements * FLOAT_BYTES;
  }
}

/**
 * The compute buffer: the widest moment of one batch, in 32 bit.
 *
 * It is the logits and the last hidden states for large vocabularies (two logs
 * agree to the byte: 300.75 MiB for 512 × (151936 + 2048)), else the
 * feed-forward network's or attention's.
 */
export function computeBytes(
  shape: IModelShape,
  options: ICheckedOptions,
  hasOutput = true
): number {
  const tokens = Math.min(UBATCH_TOKENS, options.contextTokens);
  const widest = shape.layers.reduce((most, { attention, feedForward }) => {
    const inner =
      feedForward?.kind === 'dense'
        ? 2 * feedForward.width
        : feedForward?.kind === 'experts'
          ? feedForward.chosen * (2 * feedForward.width + shape.hiddenSize)
          : 0;
    const queries =
      attention.kind === 'softmax'
        ? 3 * attention.heads * attention.headDim
        : 0;
    return Math.max(
      most,
      inner + 2 * shape.hiddenSize,
      queries + 2 * shape.hiddenSize
    );
  }, 0);
  const outputs = hasOutput ? shape.vocabSize + shape.hiddenSize : 0;
  // A mask of one batch against the whole context, in 16 bit.
  const mask = 2 * tokens * options.contextTokens;
  return (
    FLOAT_BYTES * tokens * Math.max(outputs, widest) + Math.min(mask, 512 * MIB)
  );
}
