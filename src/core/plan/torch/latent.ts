import { normed } from './tracenorm';
import type { ILatentAttention, IModelShape } from '../model/shape';
import type { Tape, Tensor } from './trace';

const WIDE = 4;

/**
 * DeepSeek's attention: the cache holds the compressed key and value, which are
 * expanded to all heads for the prefill.
 */
export function latentAttention(
  tape: Tape,
  shape: IModelShape,
  attention: ILatentAttention
): Tensor {
  const { heads, latentRank, rotaryDim, plainDim, valueDim } = attention;
  const hidden = shape.hiddenSize;
  const query = latentQuery(tape, attention, hidden);
  const compressed = tape.linear(latentRank + rotaryDim, hidden);
  const latents = normed(tape, 'rms', latentRank);
  const turned = [tape.make(heads * rotaryDim), tape.make(rotaryDim)];
  const keptLatents = tape.make(latentRank);
  const keptKeys = tape.make(rotaryDim);
  tape.keep(keptLatents, keptKeys);
  tape.free(latents, turned[1] ?? null);
  const states = tape.make(heads * (plainDim + rotaryDim));
  const expanded = tape.linear(heads * (plainDim + valueDim), latentRank);
  const keys = tape.make(heads * (plainDim + rotaryDim));
  // Values narrower than keys are copied to be contiguous by the kernel.
  const out = tape.make(heads * valueDim);
  const sums = tape.make(heads, WIDE);
  tape.free(sums);
  const result = tape.linear(hidden, heads * valueDim);
  tape.free(out, keys, expanded, states, query, compressed, turned[0] ?? null);
  return result;
}

function latentQuery(
  tape: Tape,
  { heads, queryRank, rotaryDim, plainDim }: ILatentAttention,
  hidden: number
): Tensor {
  const width = heads * (plainDim + rotaryDim);
  if (queryRank === null) {
    return tape.linear(width, hidden);
  }
  const low = tape.linear(queryRank, hidden);
  const clean = normed(tape, 'rms', queryRank);
  tape.free(low);
  const out = tape.linear(width, queryRank);
  tape.free(clean);
  return out;
}
