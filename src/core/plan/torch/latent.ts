import { traceNorm } from './tracenorm';
import type { ILatentAttention, IModelShape } from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

const WIDE = 4;

/**
 * DeepSeek's attention: the cache holds the compressed key and value, which are
 * expanded to all heads for the prefill.
 */
export function latentAttention(
  trace: AllocationTrace,
  shape: IModelShape,
  attention: ILatentAttention
): Tensor {
  const { heads, latentRank, rotaryDim, plainDim, valueDim } = attention;
  const hidden = shape.hiddenSize;
  const query = latentQuery(trace, attention, hidden);
  const compressed = trace.linear(latentRank + rotaryDim, hidden);
  const latents = traceNorm(trace, 'rms', latentRank);
  const turned = [trace.make(heads * rotaryDim), trace.make(rotaryDim)];
  const keptLatents = trace.make(latentRank);
  const keptKeys = trace.make(rotaryDim);
  trace.keep(keptLatents, keptKeys);
  trace.free(latents, turned[1] ?? null);
  const states = trace.make(heads * (plainDim + rotaryDim));
  const expanded = trace.linear(heads * (plainDim + valueDim), latentRank);
  const keys = trace.make(heads * (plainDim + rotaryDim));
  // Values narrower than keys are copied to be contiguous by the kernel.
  const out = trace.make(heads * valueDim);
  const sums = trace.make(heads, WIDE);
  trace.free(sums);
  const result = trace.linear(hidden, heads * valueDim);
  trace.free(out, keys, expanded, states, query, compressed, turned[0] ?? null);
  return result;
}

function latentQuery(
  trace: AllocationTrace,
  { heads, queryRank, rotaryDim, plainDim }: ILatentAttention,
  hidden: number
): Tensor {
  const width = heads * (plainDim + rotaryDim);
  if (queryRank === null) {
    return trace.linear(width, hidden);
  }
  const low = trace.linear(queryRank, hidden);
  const clean = traceNorm(trace, 'rms', queryRank);
  trace.free(low);
  const out = trace.linear(width, queryRank);
  trace.free(clean);
  return out;
}
