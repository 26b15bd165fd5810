import { MIB } from '../units';
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

/** Measured on an H100 (torch 2.11, CUDA 13): `kernel_truth_h100.jsonl`. */
const HOPPER_CONTEXT_BYTES = 619 * MIB;
/** Between what is published for consumer cards (0.3 to 0.5 GB) and that. */
const OTHER_CONTEXT_BYTES = 430 * MIB;
/** Kernels that a first model loads there: 68 MiB after one token, 116 after six models. */
const LOADED_KERNELS_BYTES = 90 * MIB;
/** PyTorch's default `:4096:2:16:8`, and its 32 MiB on Hopper and Blackwell (`CuBLASUtils`). */
const WORKSPACE_BYTES = 2 * 4 * MIB + 8 * 16 * 1024;
const HOPPER_WORKSPACE_BYTES = 32 * MIB;

/** The first numbers of the compute capability of data centre cards from Hopper on. */
const HOPPER = 9;
const BLACKWELL = 10;
/** Where a card does not say its capability, one of at least this size is taken for such a one. */
const LARGE_CARD_BYTES = 70 * 1024 * MIB;

/** Whether `gpu` is a data centre card of today's kind; without one, it is planned for. */
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

/**
 * The CUDA context and the kernels in it.
 *
 * It grows with the number of multiprocessors: 300 to 500 MB are published for
 * consumer cards, 619 MiB are measured on an H100 with 132.
 */
export function contextRange(gpu: IGpu | null): IRange {
  const isLarge = isHopperLike(gpu);
  const bare = isLarge ? HOPPER_CONTEXT_BYTES : OTHER_CONTEXT_BYTES;
  return {
    low: isLarge ? bare + 60 * MIB : 300 * MIB,
    likely: bare + LOADED_KERNELS_BYTES,
    high: bare + (isLarge ? 130 * MIB : 200 * MIB)
  };
}
