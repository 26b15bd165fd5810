import { traceNorm } from './tracenorm';
import type { IScored } from './scores';
import { broadcastScores, eagerScores } from './scores';
import type { Attention, IModelShape, ISoftmaxAttention } from '../model/shape';
import { latentAttention } from './latent';
import type { AllocationTrace, Tensor } from './trace';

/** Bytes of an element in 32 bit. */
const WIDE = 4;

/**
 * The output of an attention, of the model's width, and the scores that its
 * layer holds until its end; its input lives on.
 */
export function traceAttention(
  trace: AllocationTrace,
  shape: IModelShape,
  attention: Attention
): IScored {
  switch (attention.kind) {
    case 'softmax':
      return softmaxAttention(trace, shape, attention);
    case 'latent':
      return { out: latentAttention(trace, shape, attention), scores: null };
    case 'recurrent': {
      const moment = trace.make(attention.widthPerToken);
      const out = trace.linear(shape.hiddenSize, shape.hiddenSize);
      trace.free(moment);
      trace.keep(
        trace.makeBytes(trace.sequences * attention.stateElements * WIDE)
      );
      return { out, scores: null };
    }
  }
}

function softmaxAttention(
  trace: AllocationTrace,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IScored {
  const { heads, headDim } = attention;
  const queries = heads * headDim;
  const projected = project(trace, shape, attention);
  const turned = rotated(trace, attention, projected);
  const [keys, values] = cached(trace, shape, attention);
  trace.free(turned.key, projected.value);
  const { out, scores } = scored(trace, shape, attention);
  const result = trace.linear(shape.hiddenSize, queries);
  trace.free(out, turned.query, projected.packed);
  if (shape.isEncoder) {
    trace.free(keys, values);
  } else {
    trace.keep(keys, values);
  }
  return { out: result, scores };
}

interface IProjected {
  /** The one output that query, key and value are views of. */
  packed: Tensor;
  query: Tensor;
  key: Tensor;
  value: Tensor;
}

function project(
  trace: AllocationTrace,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IProjected {
  const { heads, kvHeads, cachedHeads, headDim } = attention;
  const hidden = shape.hiddenSize;
  const queries = heads * headDim * (attention.isGated ? 2 : 1);
  const keys = kvHeads * headDim;
  if (!attention.isFused) {
    const query = qkNormed(
      trace,
      attention,
      trace.linear(queries, hidden),
      heads
    );
    const key = qkNormed(trace, attention, trace.linear(keys, hidden), kvHeads);
    return { packed: null, query, key, value: trace.linear(keys, hidden) };
  }
  const packed = trace.linear(queries + 2 * keys, hidden);
  // Falcon expands keys and values to all heads, and takes query out by a copy.
  const isExpanded = cachedHeads > kvHeads;
  const width = isExpanded ? cachedHeads * headDim : 0;
  return {
    packed,
    query: trace.make(width),
    key: trace.make(width),
    value: trace.make(width)
  };
}

/** `states`, or what its norm made of it. */
function qkNormed(
  trace: AllocationTrace,
  attention: ISoftmaxAttention,
  states: Tensor,
  heads: number
): Tensor {
  if (attention.qkNorm === 'none') {
    return states;
  }
  const out = traceNorm(trace, attention.qkNormKind, heads * attention.headDim);
  trace.free(states);
  return out;
}

/** Query and key with their positions: `(q * cos) + (rotate_half(q) * sin)`. */
function rotated(
  trace: AllocationTrace,
  attention: ISoftmaxAttention,
  { query, key }: IProjected
): { query: Tensor; key: Tensor } {
  const { heads, cachedHeads, rotaryDim, rotation } = attention;
  if (rotaryDim === 0) {
    return { query, key };
  }
  const bytes = rotation === 'half' ? trace.elementBytes : WIDE;
  const isWide = bytes !== trace.elementBytes;
  const wide =
    isWide && rotation === 'wide'
      ? [
          trace.make(heads * rotaryDim, bytes),
          trace.make(cachedHeads * rotaryDim, bytes)
        ]
      : [];
  const turnedQuery = turn(trace, attention, heads, bytes);
  const turnedKey = turn(trace, attention, cachedHeads, bytes);
  const result = isWide
    ? {
        query: trace.make(heads * rotaryDim),
        key: trace.make(cachedHeads * rotaryDim)
      }
    : { query: turnedQuery, key: turnedKey };
  if (isWide) {
    trace.free(turnedQuery, turnedKey);
  }
  trace.free(...wide, query, key);
  return result;
}

function turn(
  trace: AllocationTrace,
  { headDim, rotaryDim }: ISoftmaxAttention,
  heads: number,
  bytes: number
): Tensor {
  const width = heads * rotaryDim;
  const cosines = trace.make(width, bytes);
  const negated = trace.make(width / 2, bytes);
  const halves = trace.make(width, bytes);
  trace.free(negated);
  const sines = trace.make(width, bytes);
  trace.free(halves);
  const sum = trace.make(width, bytes);
  trace.free(cosines, sines);
  if (rotaryDim === headDim) {
    return sum;
  }
  const whole = trace.make(heads * headDim, bytes);
  trace.free(sum);
  return whole;
}

/** Keys and values as the cache concatenates them to what it has. */
function cached(
  trace: AllocationTrace,
  shape: IModelShape,
  { cachedHeads, headDim }: ISoftmaxAttention
): [Tensor, Tensor] {
  // An encoder has no cache: the projections themselves live on.
  const width = shape.isEncoder ? 0 : cachedHeads * headDim;
  return [trace.make(width), trace.make(width)];
}

/** Whether sdpa is given a mask: for all layers, or for what a window leaves out. */
export function needsMask(
  trace: AllocationTrace,
  { isMasked }: IModelShape,
  window: number | null
): boolean {
  return isMasked || (window !== null && trace.length >= window);
}

/** The attention itself. */
function scored(
  trace: AllocationTrace,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IScored {
  const { heads, cachedHeads, headDim, window } = attention;
  const width = heads * headDim;
  const isMasked = needsMask(trace, shape, window);
  if (shape.eager) {
    return eagerScores(trace, attention, shape.eager);
  }
  if (attention.isBroadcast) {
    return { out: broadcastScores(trace, attention), scores: null };
  }
  // With a mask, sdpa can't group heads: keys and values are repeated for each
  // (transformers, `use_gqa_in_sdpa`), and the mask becomes a bias of 16 bit.
  const isRepeated = isMasked && heads > cachedHeads;
  const repeated = isRepeated ? [trace.make(width), trace.make(width)] : [];
  const bias = isMasked ? maskBias(trace) : null;
  const out = trace.make(width);
  const sums = trace.make(heads, WIDE);
  trace.free(sums, bias, ...repeated);
  return { out, scores: null };
}

function maskBias(trace: AllocationTrace): Tensor {
  const scores = trace.sequences * trace.length ** 2;
  const bias = trace.makeBytes(scores * trace.elementBytes);
  const inverse = trace.makeBytes(scores);
  trace.free(inverse);
  return bias;
}
