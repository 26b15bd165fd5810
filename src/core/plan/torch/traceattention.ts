import { normed } from './tracenorm';
import type { IScored } from './scores';
import { broadcastScores, eagerScores } from './scores';
import type { Attention, IModelShape, ISoftmaxAttention } from '../model/shape';
import { latentAttention } from './latent';
import type { Tape, Tensor } from './trace';

/** Bytes of an element in 32 bit. */
const WIDE = 4;

/**
 * The output of an attention, of the model's width, and the scores that its
 * layer holds until its end; its input lives on.
 */
export function attended(
  tape: Tape,
  shape: IModelShape,
  attention: Attention
): IScored {
  switch (attention.kind) {
    case 'softmax':
      return softmaxAttention(tape, shape, attention);
    case 'latent':
      return { out: latentAttention(tape, shape, attention), scores: null };
    case 'recurrent': {
      const moment = tape.make(attention.widthPerToken);
      const out = tape.linear(shape.hiddenSize, shape.hiddenSize);
      tape.free(moment);
      tape.keep(
        tape.makeBytes(tape.sequences * attention.stateElements * WIDE)
      );
      return { out, scores: null };
    }
  }
}

function softmaxAttention(
  tape: Tape,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IScored {
  const { heads, headDim } = attention;
  const queries = heads * headDim;
  const projected = project(tape, shape, attention);
  const turned = rotated(tape, attention, projected);
  const [keys, values] = cached(tape, shape, attention);
  tape.free(turned.key, projected.value);
  const { out, scores } = scored(tape, shape, attention);
  const result = tape.linear(shape.hiddenSize, queries);
  tape.free(out, turned.query, projected.packed);
  if (shape.isEncoder) {
    tape.free(keys, values);
  } else {
    tape.keep(keys, values);
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
  tape: Tape,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IProjected {
  const { heads, kvHeads, cachedHeads, headDim } = attention;
  const hidden = shape.hiddenSize;
  const queries = heads * headDim * (attention.isGated ? 2 : 1);
  const keys = kvHeads * headDim;
  if (!attention.isFused) {
    const query = qkNormed(
      tape,
      attention,
      tape.linear(queries, hidden),
      heads
    );
    const key = qkNormed(tape, attention, tape.linear(keys, hidden), kvHeads);
    return { packed: null, query, key, value: tape.linear(keys, hidden) };
  }
  const packed = tape.linear(queries + 2 * keys, hidden);
  // Falcon expands keys and values to all heads, and takes query out by a copy.
  const isExpanded = cachedHeads > kvHeads;
  const width = isExpanded ? cachedHeads * headDim : 0;
  return {
    packed,
    query: tape.make(width),
    key: tape.make(width),
    value: tape.make(width)
  };
}

/** `states`, or what its norm made of it. */
function qkNormed(
  tape: Tape,
  attention: ISoftmaxAttention,
  states: Tensor,
  heads: number
): Tensor {
  if (attention.qkNorm === 'none') {
    return states;
  }
  const out = normed(tape, attention.qkNormKind, heads * attention.headDim);
  tape.free(states);
  return out;
}

/** Query and key with their positions: `(q * cos) + (rotate_half(q) * sin)`. */
function rotated(
  tape: Tape,
  attention: ISoftmaxAttention,
  { query, key }: IProjected
): { query: Tensor; key: Tensor } {
  const { heads, cachedHeads, rotaryDim, rotation } = attention;
  if (rotaryDim === 0) {
    return { query, key };
  }
  const bytes = rotation === 'half' ? tape.elementBytes : WIDE;
  const isWide = bytes !== tape.elementBytes;
  const wide =
    isWide && rotation === 'wide'
      ? [
          tape.make(heads * rotaryDim, bytes),
          tape.make(cachedHeads * rotaryDim, bytes)
        ]
      : [];
  const turnedQuery = turn(tape, attention, heads, bytes);
  const turnedKey = turn(tape, attention, cachedHeads, bytes);
  const result = isWide
    ? {
        query: tape.make(heads * rotaryDim),
        key: tape.make(cachedHeads * rotaryDim)
      }
    : { query: turnedQuery, key: turnedKey };
  if (isWide) {
    tape.free(turnedQuery, turnedKey);
  }
  tape.free(...wide, query, key);
  return result;
}

function turn(
  tape: Tape,
  { headDim, rotaryDim }: ISoftmaxAttention,
  heads: number,
  bytes: number
): Tensor {
  const width = heads * rotaryDim;
  const cosines = tape.make(width, bytes);
  const negated = tape.make(width / 2, bytes);
  const halves = tape.make(width, bytes);
  tape.free(negated);
  const sines = tape.make(width, bytes);
  tape.free(halves);
  const sum = tape.make(width, bytes);
  tape.free(cosines, sines);
  if (rotaryDim === headDim) {
    return sum;
  }
  const whole = tape.make(heads * headDim, bytes);
  tape.free(sum);
  return whole;
}

/** Keys and values as the cache concatenates them to what it has. */
function cached(
  tape: Tape,
  shape: IModelShape,
  { cachedHeads, headDim }: ISoftmaxAttention
): [Tensor, Tensor] {
  // An encoder has no cache: the projections themselves live on.
  const width = shape.isEncoder ? 0 : cachedHeads * headDim;
  return [tape.make(width), tape.make(width)];
}

/** Whether sdpa is given a mask: for all layers, or for what a window leaves out. */
export function needsMask(
  tape: Tape,
  { isMasked }: IModelShape,
  window: number | null
): boolean {
  return isMasked || (window !== null && tape.length >= window);
}

/** The attention itself. */
function scored(
  tape: Tape,
  shape: IModelShape,
  attention: ISoftmaxAttention
): IScored {
  const { heads, cachedHeads, headDim, window } = attention;
  const width = heads * headDim;
  const isMasked = needsMask(tape, shape, window);
  if (shape.eager) {
    return eagerScores(tape, attention, shape.eager);
  }
  if (attention.isBroadcast) {
    return { out: broadcastScores(tape, attention), scores: null };
  }
  // With a mask, sdpa can't group heads: keys and values are repeated for each
  // (transformers, `use_gqa_in_sdpa`), and the mask becomes a bias of 16 bit.
  const isRepeated = isMasked && heads > cachedHeads;
  const repeated = isRepeated ? [tape.make(width), tape.make(width)] : [];
  const bias = isMasked ? maskBias(tape) : null;
  const out = tape.make(width);
  const sums = tape.make(heads, WIDE);
  tape.free(sums, bias, ...repeated);
  return { out, scores: null };
}

function maskBias(tape: Tape): Tensor {
  const scores = tape.sequences * tape.length ** 2;
  const bias = tape.makeBytes(scores * tape.elementBytes);
  const inverse = tape.makeBytes(scores);
  tape.free(inverse);
  return bias;
}
