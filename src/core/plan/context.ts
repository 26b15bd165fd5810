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
/** Kernels that a first model loads there: 68 MiB after one token, 116 after six models. */
const LOADED_KERNELS_BYTES = 90 * MIB;
/** PyTorch's default `:4096:2:16:8`, and its 32 MiB on Hopper and Blackwell (`CuBLASUtils`). */
const WORKSPACE_BYTES = 2 * 4 * MIB + 8 * 16 * 1024;
const HOPPER_WORKSPACE_BYTES = 32 * MIB;

/** Compute capability's first number of the cards with the larger workspace. */
const HOPPER = 9;

/** cuBLAS's workspace, which torch's allocator counts as allocated. */
export function workspaceBytes(gpu: IGpu | null): number {
  const major = gpu?.computeCapability?.[0] ?? HOPPER;
  return major >= HOPPER && major <= 10
    ? HOPPER_WORKSPACE_BYTES
    : WORKSPACE_BYTES;
}

/**
 * The CUDA context and the kernels in it.
 *
 * It grows with the number of multiprocessors: 300 to 500 MB are published for
 * consumer cards, 619 MiB are measured on an H100 with 132.
 */
export function contextRange(gpu: IGpu | null): IRange {
  const major = gpu?.computeCapability?.[0] ?? null;
  const isSmall = major !== null && major !== HOPPER && major !== 10;
  const bare = isSmall ? 430 * MIB : HOPPER_CONTEXT_BYTES;
  return {
    low: isSmall ? 300 * MIB : bare + 60 * MIB,
    likely: bare + LOADED_KERNELS_BYTES,
    high: bare + (isSmall ? 200 * MIB : 130 * MIB)
  };
}
