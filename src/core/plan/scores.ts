import type { IModelShape, ISoftmaxAttention } from './shape';
import type { Tape, Tensor } from './tape';

const WIDE = 4;

/**
 * Attention written out, for families that sdpa can't do: every score of every
 * head is a tensor, several times.
 */
export function eagerScores(
  tape: Tape,
  shape: IModelShape,
  attention: ISoftmaxAttention
): Tensor {
  const { heads, cachedHeads, headDim } = attention;
  const scores = tape.sequences * heads * tape.length ** 2;
  const width = heads * headDim;
  const repeated =
    heads > cachedHeads ? [tape.make(width), tape.make(width)] : [];
  const narrow = (): Tensor => tape.makeBytes(scores * tape.elementBytes);
  const wide = (): Tensor => tape.makeBytes(scores * WIDE);
  const raw = narrow();
  const scaled = narrow();
  tape.free(raw);
  const masked = narrow();
  tape.free(scaled);
  if (shape.architecture === 'gpt_oss') {
    return sinkScores(tape, masked, repeated, narrow, width);
  }
  const chances = wide();
  const cast = narrow();
  tape.free(chances, masked);
  const out = tape.make(width);
  tape.free(cast, ...repeated);
  const ordered = tape.make(width);
  tape.free(out);
  return ordered;
}

/** gpt-oss's: a column of sinks is joined to the scores, and their maximum taken off. */
function sinkScores(
  tape: Tape,
  masked: Tensor,
  repeated: readonly Tensor[],
  narrow: () => Tensor,
  width: number
): Tensor {
  const joined = narrow();
  const shifted = narrow();
  tape.free(joined);
  const chances = narrow();
  const out = tape.make(width);
  tape.free(chances, shifted, masked, ...repeated);
  const ordered = tape.make(width);
  tape.free(out);
  return ordered;
}
