import type { EagerKind, ISoftmaxAttention } from '../model/shape';
import type { Tape, Tensor } from './trace';

const WIDE = 4;

/** What attention gives, and the scores that its caller still holds. */
export interface IScored {
  readonly out: Tensor;
  readonly scores: Tensor;
}

/**
 * Attention written out, for families that sdpa can't do: every score of every
 * head is a tensor, several times.
 */
export function eagerScores(
  tape: Tape,
  attention: ISoftmaxAttention,
  kind: EagerKind
): IScored {
  const { heads, cachedHeads, headDim } = attention;
  const width = heads * headDim;
  const repeated =
    heads > cachedHeads ? [tape.make(width), tape.make(width)] : [];
  const scores = chances(tape, attention, kind);
  const out = tape.make(width);
  tape.free(...repeated);
  const ordered = tape.make(width);
  tape.free(out);
  return { out: ordered, scores };
}

/**
 * sdpa without a fused kernel, as ATen's `_scaled_dot_product_attention_math`
 * does it for 16 bit: query, keys and values in 32 bit, a causal mask, the
 * scores and their softmax.
 */
export function broadcastScores(
  tape: Tape,
  { heads, cachedHeads, headDim }: ISoftmaxAttention
): Tensor {
  const width = heads * headDim;
  const copies = [width, cachedHeads * headDim, cachedHeads * headDim].map(
    each => tape.make(each, WIDE)
  );
  const scaled = tape.make(width, WIDE);
  const mask = tape.makeBytes(tape.length ** 2 * WIDE);
  const count = tape.sequences * heads * tape.length ** 2;
  const raw = tape.makeBytes(count * WIDE);
  const result = tape.makeBytes(count * WIDE);
  tape.free(raw, mask);
  const wide = tape.make(width, WIDE);
  tape.free(result, scaled, ...copies);
  const out = tape.make(width);
  tape.free(wide);
  return out;
}

function chances(
  tape: Tape,
  { heads, headDim }: ISoftmaxAttention,
  kind: EagerKind
): Tensor {
  const count = tape.sequences * heads * tape.length ** 2;
  const narrow = (): Tensor => tape.makeBytes(count * tape.elementBytes);
  const wide = (): Tensor => tape.makeBytes(count * WIDE);
  switch (kind) {
    case 'sinks': {
      const masked = scaledAndMasked(tape, narrow);
      const joined = narrow();
      const shifted = narrow();
      tape.free(joined);
      const result = narrow();
      tape.free(shifted, masked);
      return result;
    }
    case 'float': {
      const copies = [
        tape.make(heads * headDim, WIDE),
        tape.make(heads * headDim, WIDE)
      ];
      const masked = scaledAndMasked(tape, wide);
      const result = castBack(tape, masked, wide, narrow);
      tape.free(...copies);
      return result;
    }
    case 'alibi':
    case 'bias': {
      const raw = narrow();
      const result = softmax(tape, narrow(), wide, narrow);
      tape.free(raw);
      return result;
    }
    case 'plain':
      return softmax(tape, scaledAndMasked(tape, narrow), wide, narrow);
  }
}

/** The product, its scaling and the sum with the mask, each a new tensor. */
function scaledAndMasked(tape: Tape, make: () => Tensor): Tensor {
  const raw = make();
  const scaled = make();
  tape.free(raw);
  const masked = make();
  tape.free(scaled);
  return masked;
}

/** A softmax in 32 bit of 16-bit scores, which are copied first, and cast back. */
function softmax(
  tape: Tape,
  scores: Tensor,
  wide: () => Tensor,
  narrow: () => Tensor
): Tensor {
  const copy = wide();
  const result = wide();
  tape.free(copy);
  const cast = narrow();
  tape.free(result, scores);
  return cast;
}

function castBack(
  tape: Tape,
  scores: Tensor,
  wide: () => Tensor,
  narrow: () => Tensor
): Tensor {
  const result = wide();
  tape.free(scores);
  const cast = narrow();
  tape.free(result);
  return cast;
}
