import type { EagerKind, ISoftmaxAttention } from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

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
  trace: AllocationTrace,
  attention: ISoftmaxAttention,
  kind: EagerKind
): IScored {
  const { heads, cachedHeads, headDim } = attention;
  const width = heads * headDim;
  const repeated =
    heads > cachedHeads ? [trace.make(width), trace.make(width)] : [];
  const scores = chances(trace, attention, kind);
  const out = trace.make(width);
  trace.free(...repeated);
  const ordered = trace.make(width);
  trace.free(out);
  return { out: ordered, scores };
}

/**
 * sdpa without a fused kernel, as ATen's `_scaled_dot_product_attention_math`
 * does it for 16 bit: query, keys and values in 32 bit, a causal mask, the
 * scores and their softmax.
 */
export function broadcastScores(
  trace: AllocationTrace,
  { heads, cachedHeads, headDim }: ISoftmaxAttention
): Tensor {
  const width = heads * headDim;
  const copies = [width, cachedHeads * headDim, cachedHeads * headDim].map(
    each => trace.make(each, WIDE)
  );
  const scaled = trace.make(width, WIDE);
  const mask = trace.makeBytes(trace.length ** 2 * WIDE);
  const count = trace.sequences * heads * trace.length ** 2;
  const raw = trace.makeBytes(count * WIDE);
  const result = trace.makeBytes(count * WIDE);
  trace.free(raw, mask);
  const wide = trace.make(width, WIDE);
  trace.free(result, scaled, ...copies);
  const out = trace.make(width);
  trace.free(wide);
  return out;
}

function chances(
  trace: AllocationTrace,
  { heads, headDim }: ISoftmaxAttention,
  kind: EagerKind
): Tensor {
  const count = trace.sequences * heads * trace.length ** 2;
  const narrow = (): Tensor => trace.makeBytes(count * trace.elementBytes);
  const wide = (): Tensor => trace.makeBytes(count * WIDE);
  switch (kind) {
    case 'sinks': {
      const masked = scaledAndMasked(trace, narrow);
      const joined = narrow();
      const shifted = narrow();
      trace.free(joined);
      const result = narrow();
      trace.free(shifted, masked);
      return result;
    }
    case 'float': {
      const copies = [
        trace.make(heads * headDim, WIDE),
        trace.make(heads * headDim, WIDE)
      ];
      const masked = scaledAndMasked(trace, wide);
      const result = castBack(trace, masked, wide, narrow);
      trace.free(...copies);
      return result;
    }
    case 'alibi':
    case 'bias': {
      const raw = narrow();
      const result = softmax(trace, narrow(), wide, narrow);
      trace.free(raw);
      return result;
    }
    case 'plain':
      return softmax(trace, scaledAndMasked(trace, narrow), wide, narrow);
  }
}

/** The product, its scaling and the sum with the mask, each a new tensor. */
function scaledAndMasked(trace: AllocationTrace, make: () => Tensor): Tensor {
  const raw = make();
  const scaled = make();
  trace.free(raw);
  const masked = make();
  trace.free(scaled);
  return masked;
}

/** A softmax in 32 bit of 16-bit scores, which are copied first, and cast back. */
function softmax(
  trace: AllocationTrace,
  scores: Tensor,
  wide: () => Tensor,
  narrow: () => Tensor
): Tensor {
  const copy = wide();
  const result = wide();
  trace.free(copy);
  const cast = narrow();
  trace.free(result, scores);
  return cast;
}

function castBack(
  trace: AllocationTrace,
  scores: Tensor,
  wide: () => Tensor,
  narrow: () => Tensor
): Tensor {
  const result = wide();
  trace.free(scores);
  const cast = narrow();
  trace.free(result);
  return cast;
}
