import type { IGpu } from '../../core/plan';
import { CARDS } from '../../core/plan/presets';

/** A GPU and the key by which it is chosen. */
export interface IKeyedGpu {
  readonly key: string;
  readonly gpu: IGpu;
}

/** The common cards. */
export const CARD_GPUS: readonly IKeyedGpu[] = CARDS.map(gpu => ({
  key: `card:${gpu.name}`,
  gpu
}));

/** What is planned for where the kernel has no GPU that it could tell of. */
const DEFAULT_KEY = 'card:GeForce RTX 4090';

/** The GPU of `key`; else the kernel's first; else a common one. */
export function chosenGpu(
  key: string,
  kernelGpus: readonly IKeyedGpu[]
): IKeyedGpu | null {
  const all = [...kernelGpus, ...CARD_GPUS];
  return (
    all.find(each => each.key === key) ??
    kernelGpus[0] ??
    CARD_GPUS.find(each => each.key === DEFAULT_KEY) ??
    null
  );
}
