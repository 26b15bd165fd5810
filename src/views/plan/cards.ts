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

/** The key of all GPUs of the kernel together. */
export const ALL_KEY = 'kernel:all';

/** How many of a card can be chosen. */
export const COUNTS = [1, 2, 3, 4, 8] as const;

/**
 * Whether a model can be spread over the kernel's GPUs: cells number them by
 * their places, so none may be missing, as one that does not answer.
 */
export function canSpread(kernelGpus: readonly IKeyedGpu[]): boolean {
  return (
    kernelGpus.length > 1 &&
    kernelGpus.every(({ key }, place) => key.endsWith(`:${place}`))
  );
}

/** Whether `key` stands for more than one GPU of the kernel. */
export function isAll(key: string, kernelGpus: readonly IKeyedGpu[]): boolean {
  return key === ALL_KEY && canSpread(kernelGpus);
}

/** The GPUs of `key`: all of the kernel's, or one of them, or `count` of a card. */
export function chosenGpus(
  key: string,
  count: number,
  kernelGpus: readonly IKeyedGpu[]
): IGpu[] {
  if (isAll(key, kernelGpus)) {
    return kernelGpus.map(({ gpu }) => gpu);
  }
  const one = chosenGpu(key, kernelGpus);
  return one === null
    ? []
    : Array.from({ length: isCard(one) ? count : 1 }, () => one.gpu);
}

/** Whether a GPU is no one's, but one of the common cards. */
export function isCard({ key }: IKeyedGpu): boolean {
  return key.startsWith('card:');
}

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
