import { contextRange } from './result/context';
import type { IFitPlan, Planning } from './fit';
import { planFit } from './fit';
import { layerBytes, llamaCacheBytes } from './llamacpp/llamacpp';
import type { IFitOptions, IGpu } from './result/options';
import { checked, MOST_CONTEXT_TOKENS } from './result/options';
import type { IModelShape } from './model/shape';
import { available } from './result/verdict';

/** How many layers of a GGUF model go on the GPU. */
export interface IGpuLayers {
  /** For `-ngl` and `num_gpu`: the output counts as one more layer. */
  readonly count: number;
  /** All that there are, the output included. */
  readonly total: number;
}

/** llama.cpp keeps this much of each GPU free by default (`--fit-target`). */
const MARGIN_BYTES = 1024 ** 3;

/** The layer count that fits on `gpu` in llama.cpp, with the whole context's cache. */
export function gpuLayers(
  shape: IModelShape,
  options: IFitOptions,
  gpu: IGpu,
  planning: Planning = planFit
): IGpuLayers {
  const asked = checked({ ...options, gpus: [gpu] });
  const layers = shape.layers.length;
  const bytes = layerBytes(shape, asked.format);
  const plan = planning(shape, { ...options, gpus: [gpu] });
  const cachePerLayer = llamaCacheBytes(shape, asked) / layers;
  const output =
    plan.peakBytes.likely -
    plan.kvCacheBytes -
    plan.activationBytes -
    bytes.reduce((a, b) => a + b, 0);
  let room =
    available(gpu) -
    MARGIN_BYTES -
    contextRange(gpu, 'llama.cpp').likely -
    plan.activationBytes -
    Math.max(0, output);
  let count = 0;
  for (const layer of bytes.slice().reverse()) {
    room -= layer + cachePerLayer;
    if (room < 0) {
      return { count, total: layers + 1 };
    }
    count += 1;
  }
  return { count: layers + 1, total: layers + 1 };
}

/** The longest context, in steps of 256 tokens, with which `options` fits; null for none. */
export function longestContext(
  shape: IModelShape,
  options: IFitOptions,
  plan: Planning = planFit
): number | null {
  const fits = (contextTokens: number): boolean =>
    isSure(plan(shape, { ...options, contextTokens }));
  const most = Math.min(
    options.contextTokens ?? 4096,
    shape.contextLimit ?? MOST_CONTEXT_TOKENS
  );
  let low = 0;
  let high = Math.floor(most / 256);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(256 * middle)) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low > 0 ? 256 * low : null;
}

/** Whether a plan fits, on its first GPU or over all of a split, even if it is too low. */
export function isSure(plan: IFitPlan): boolean {
  return plan.verdicts[0]?.status === 'fits';
}

/** GiB of each GPU for `max_memory`: what is free now, less one, rounded down; and of the CPU. */
export function maxMemoryGiB(gpus: readonly IGpu[]): number[] {
  return gpus.map(gpu =>
    Math.max(0, Math.floor((available(gpu) - MARGIN_BYTES) / 1024 ** 3))
  );
}
