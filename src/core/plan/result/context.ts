import { MIB } from '../../text/units';
import type { Runtime } from '../formats/formats';
import type { IGpu } from './options';

/**
 * What a process takes on a GPU before and beside torch's allocator: the CUDA
 * context, the kernels that are loaded when first used, and cuBLAS's workspace.
 */

/** A figure and how far off it may be. */
export interface IRange {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

const range = (low: number, likely: number, high: number): IRange => ({
  low: low * MIB,
  likely: likely * MIB,
  high: high * MIB
});

/**
 * The context with the kernels that are loaded when first used: `large` for data
 * center cards from Hopper on, which is measured, and `other`, by what is published
 * for consumer cards (0.3 to 0.5 GB).
 */
const CONTEXTS: Record<
  Runtime,
  { readonly large: IRange; readonly other: IRange }
> = {
  // 619 MiB on an H100; 68 more after one token, 116 after six models (`kernel_truth_h100.jsonl`).
  transformers: { large: range(679, 709, 749), other: range(300, 520, 630) },
  // 531 MiB on an H100; 78 more after a batch of quantized weights, up to 203 of F16.
  'llama.cpp': { large: range(600, 650, 740), other: range(250, 460, 630) }
};

/** PyTorch's default `:4096:2:16:8`, and its 32 MiB on Hopper and Blackwell (`CuBLASUtils`). */
const WORKSPACE_BYTES = 2 * 4 * MIB + 8 * 16 * 1024;
const HOPPER_WORKSPACE_BYTES = 32 * MIB;

/** The first numbers of the compute capability of data center cards from Hopper on. */
const HOPPER = 9;
const BLACKWELL = 10;
/** Where a card does not say its capability, one of at least this size is taken for such a one. */
const LARGE_CARD_BYTES = 70 * 1024 * MIB;

/** Whether `gpu` is a data center card of today's kind; without one, it is planned for. */
function isHopperLike(gpu: IGpu | null): boolean {
  if (gpu === null) {
    return true;
  }
  const major = gpu.computeCapability?.[0];
  return major === undefined
    ? gpu.totalBytes >= LARGE_CARD_BYTES
    : major >= HOPPER && major <= BLACKWELL;
}

/** cuBLAS's workspace, which torch's allocator counts as allocated. */
export function workspaceBytes(gpu: IGpu | null): number {
  return isHopperLike(gpu) ? HOPPER_WORKSPACE_BYTES : WORKSPACE_BYTES;
}

/** The CUDA context and the kernels in it. It grows with the number of multiprocessors. */
export function contextRange(gpu: IGpu | null, runtime: Runtime): IRange {
  const { large, other } = CONTEXTS[runtime];
  return isHopperLike(gpu) ? large : other;
}
