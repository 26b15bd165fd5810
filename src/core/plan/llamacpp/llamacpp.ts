import type { IFigures } from '../result/ranges';
import type { IFormat } from '../formats/formats';
import { formatNamed } from '../formats/formats';
import type { ICheckedOptions } from '../result/options';
import { kvElementBytes } from '../result/options';
import type { FeedForward, IKept, ILayer, IModelShape } from '../model/shape';
import { noWeights, visitTensors } from '../model/tensors';

/** Tokens that are computed at once by default (`-ub`). */
const UBATCH_TOKENS = 512;
/** The cache is padded to a multiple of this. */
const KV_PAD_TOKENS = 256;
const FLOAT_BYTES = 4;

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

/** Bytes of each repeating layer. */
export function layerBytes(shape: IModelShape, name: string): number[] {
  if (shape.file) {
    return shape.file.layerBytes.slice();
  }
  const format = formatNamed(name, 'llama.cpp');
  const bytes = shape.layers.map(() => 0);
  visitTensors(shape, (tensor, layer) => {
    if (layer >= 0) {
      const stored = format.stored(shape, tensor, layer);
      bytes[layer] = (bytes[layer] ?? 0) + stored.reduce((a, b) => a + b, 0);
    }
  });
  return bytes;
}

/** Keys and values of every layer; those with a window keep no more than it and one batch. */
export function llamaCacheBytes(
  shape: IModelShape,
  options: Pick<ICheckedOptions, 'contextTokens' | 'batch' | 'kvFormat'>
): number {
  const { contextTokens, batch, kvFormat } = options;
  const bytes = kvElementBytes(kvFormat, 2);
  return shape.layers.reduce((sum, layer) => {
    const { tokenElements, stateElements, window } = keptOf(layer);
    const tokens = cachedTokens(window, contextTokens);
    const each = tokenElements * tokens * bytes + stateElements * FLOAT_BYTES;
    return sum + batch * each;
  }, 0);
}

/** Tokens that a layer keeps (`llama_kv_cache_iswa`, where it has a window). */
function cachedTokens(window: number | null, contextTokens: number): number {
  const most =
    window === null
      ? contextTokens
      : Math.min(contextTokens, window + UBATCH_TOKENS);
  return contextTokens < KV_PAD_TOKENS
    ? contextTokens
    : Math.ceil(most / KV_PAD_TOKENS) * KV_PAD_TOKENS;
}

/** What a layer keeps: by its file, else as its attention has it. */
function keptOf({ attention, kept }: ILayer): IKept {
  if (kept) {
    return kept;
  }
  const { window } = attention;
  const none = { tokenElements: 0, stateElements: 0, window };
  switch (attention.kind) {
    case 'softmax':
      return {
        ...none,
        tokenElements: 2 * attention.kvHeads * attention.headDim
      };
    case 'latent':
      return {
        ...none,
        tokenElements: attention.latentRank + attention.rotaryDim
      };
    case 'recurrent':
      return { ...none, stateElements: attention.stateElements };
  }
}

/** The part of a model that one GPU computes. */
export interface IComputed {
  readonly hasOutput: boolean;
  /** Of every input, where GPUs take turns; 1 where there is one GPU. */
  readonly copies: number;
}

/**
 * The compute buffer: the widest moment of one batch, in 32 bit.
 *
 * Either the logits of the batch and the last hidden states, or a layer: what it
 * was given, its norm, the queries, and the widest part of it. Masks stay
 * throughout; hidden states that wait for their turn, too. By 35 loads of 13 models
 * (docs/planner.md); ggml's allocator may leave a gap besides.
 */
export function computeBytes(
  shape: IModelShape,
  options: ICheckedOptions,
  { hasOutput, copies }: IComputed = { hasOutput: true, copies: 1 }
): number {
  const tokens = Math.min(UBATCH_TOKENS, options.contextTokens);
  const hidden = FLOAT_BYTES * tokens * shape.hiddenSize;
  const isSplit = copies > 1;
  const masks = copies * maskBytes(shape, options.contextTokens);
  const inputs = masks + (isSplit ? copies * hidden : 0);
  const layer = shape.layers.reduce((most, { attention, feedForward }) => {
    const queries =
      attention.kind === 'softmax' ? attention.heads * attention.headDim : 0;
    const inner = feedForward ? innerElements(feedForward, shape) : 0;
    const widest = Math.max(inner + queries, 3 * queries);
    return Math.max(most, 2 * hidden + FLOAT_BYTES * tokens * widest);
  }, 0);
  const output = hasOutput
    ? FLOAT_BYTES * tokens * shape.vocabSize + hidden
    : 0;
  // With one GPU, the masks are over by the time of the output.
  return Math.max(layer + inputs, output + (isSplit ? inputs : 0));
}

/** Of each token: two projections and their product; or what the chosen experts say, and it weighed. */
function innerElements(feedForward: FeedForward, shape: IModelShape): number {
  if (feedForward.kind === 'dense') {
    return (feedForward.form === 'plain' ? 2 : 3) * feedForward.width;
  }
  const { chosen, width, sharedWidth } = feedForward;
  return Math.max(
    3 * chosen * width,
    2 * chosen * shape.hiddenSize,
    3 * sharedWidth
  );
}

/** One batch against what is kept, in 16 bit: a mask for layers with a window, one for those without. */
function maskBytes(shape: IModelShape, contextTokens: number): number {
  const tokens = Math.min(UBATCH_TOKENS, contextTokens);
  const kept = new Set(
    shape.layers
      .map(keptOf)
      .filter(({ tokenElements }) => tokenElements > 0)
      .map(({ window }) => cachedTokens(window, contextTokens))
  );
  return [...kept].reduce((sum, each) => sum + 2 * tokens * each, 0);
}
