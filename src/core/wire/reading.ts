/**
 * What the kernel says about its GPU memory, as types.
 *
 * Wire keys keep the kernel's snake_case; here every field is camelCase and
 * carries its unit. `null` means *unknown*, never zero.
 */

import type { ISurvey } from './survey';

/** The version of the wire format this front end understands. */
export const SCHEMA_VERSION = 1;

/** The MIME type of everything the agent sends. */
export const MIME_TYPE = 'application/vnd.jupyterlab-vram+json';

/** Which of torch's device families a device belongs to. */
export type DeviceKind = 'cuda' | 'hip' | 'mps' | 'xpu' | 'practice';

/** One device, as seen by one kernel at one moment. */
export interface IDeviceReading {
  /** torch's own name, such as `cuda:0`, or `practice`. */
  readonly id: string;
  readonly kind: DeviceKind;
  readonly index: number;
  /** The product name, such as `NVIDIA H100 80GB HBM3`. */
  readonly name: string;
  readonly uuid: string | null;
  /** The number of the GPU in `nvidia-smi`; null where the driver did not tell. */
  readonly driverIndex: number | null;
  /** The number of a MIG slice in that GPU; null for a whole one. */
  readonly driverSlice: number | null;
  /** Bytes in live tensors of this kernel. */
  readonly allocatedBytes: number;
  /** Bytes torch's allocator took from the driver; includes `allocatedBytes`. */
  readonly reservedBytes: number;
  /** The most allocated since the kernel (or the person) last reset the peak. */
  readonly peakAllocatedBytes: number | null;
  readonly peakReservedBytes: number | null;
  /** Reserved, unused, and not returnable: live tensors share its segments. */
  readonly pinnedBytes: number | null;
  /** Free on the whole device, by the driver. */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /** The driver's figure for the kernel's process, reserved memory included. */
  readonly processBytes: number | null;
  /** CUDA compute capability, such as `[9, 0]`; null for other families, or unknown. */
  readonly computeCapability: readonly [number, number] | null;
}

/**
 * Why there are, or are not, figures.
 *
 * - `ok`: `devices` holds at least one device
 * - `no-torch`: the kernel has not imported torch
 * - `torch-without-gpu`: this build of torch supports no GPU
 * - `no-driver`: torch could use a GPU, but the machine has no driver for it
 * - `not-initialised`: nothing has used the GPU yet, so nothing is allocated
 * - `error`: the figures could not be read; `detail` says why
 */
export type ReadingState =
  | 'ok'
  | 'no-torch'
  | 'torch-without-gpu'
  | 'no-driver'
  | 'not-initialised'
  | 'error';

/** One reading of every device of one kernel. */
export interface IReading {
  /** Seconds since the epoch, by the kernel's clock. */
  readonly timeSeconds: number;
  readonly state: ReadingState;
  readonly detail: string | null;
  readonly torchVersion: string | null;
  readonly pid: number;
  /** Whether a CUDA graph is being captured. */
  readonly capturing: boolean;
  /** Keys of what the kernel's versions of its packages lack; see `unsupportedWords`. */
  readonly unsupported: readonly string[];
  readonly devices: readonly IDeviceReading[];
}

/** What one run of one cell did to one device. */
export interface ICellDevice {
  /** The `id` of an `IDeviceReading`. */
  readonly id: string;
  readonly beforeAllocatedBytes: number;
  readonly beforeReservedBytes: number;
  readonly afterAllocatedBytes: number;
  readonly afterReservedBytes: number;
  readonly peakAllocatedBytes: number;
  /**
   * Whether the peak is exact. It is when the run set a new record of
   * torch's own counter; otherwise it is the largest value sampled, a lower bound.
   */
  readonly peakExact: boolean;
}

/** A name that held device memory and no longer does. */
export interface IRemovedName {
  readonly name: string;
  readonly how: 'deleted' | 'rebound';
  /** The `id` of an `IDeviceReading`. */
  readonly device: string;
  /** Bytes the name's object held before. */
  readonly heldBytes: number;
  /** Bytes of those which are still alive now. */
  readonly aliveBytes: number;
  /** Variables through which they can still be reached; may be empty. */
  readonly heldBy: readonly string[];
}

/** One finished run of one cell. */
export interface ICellRecord {
  /** Counts the kernel's recorded runs, from 1. */
  readonly run: number;
  readonly cellId: string | null;
  readonly executionCount: number | null;
  /** Equal for equal code; used to recognise a rerun of the same cell. */
  readonly codeDigest: string;
  readonly startedSeconds: number;
  readonly endedSeconds: number;
  readonly ok: boolean;
  readonly devices: readonly ICellDevice[];
  readonly removed: readonly IRemovedName[];
}

/** A removed name whose memory is still alive, followed until it is gone. */
export interface ILeak extends IRemovedName {
  /** Unique within one kernel process. */
  readonly id: number;
  /** The `run` of the cell that removed the name. */
  readonly run: number;
  readonly executionCount: number | null;
}

/** The cell that is running, if one is. */
export interface IRunningCell {
  readonly cellId: string | null;
  readonly executionCount: number | null;
  readonly startedSeconds: number;
}

/** One message from the agent: a push, or the answer to a request. */
export interface IAgentMessage {
  readonly kind:
    'push' | 'attached' | 'cleared' | 'done' | 'answered' | 'refused';
  /** Changes whenever the agent starts anew, so after each kernel restart. */
  readonly boot: string;
  /** Grows by one a message within one boot. */
  readonly sequence: number;
  readonly agentVersion: string;
  readonly reading: IReading;
  readonly running: IRunningCell | null;
  /** With a push at the end of a cell: its record. */
  readonly finished: ICellRecord | null;
  readonly leaks: readonly ILeak[];
  /** Who uses the GPUs, for viewers who want to know, when that has changed. */
  readonly survey: ISurvey | null;
  /** With `attached`: the latest records, oldest first. */
  readonly records: readonly ICellRecord[];
  /** With `cleared`: what came back and what did not. */
  readonly clear: IClearReport | null;
  /** With `refused`: one plain sentence. */
  readonly reason: string | null;
  /** With the last push to viewers of whom there was no sign for too long: their names. */
  readonly lapsed: readonly string[];
}

/** What one clear did to one device. */
export interface IClearedDevice {
  readonly id: string;
  readonly beforeAllocatedBytes: number;
  readonly beforeReservedBytes: number;
  readonly afterAllocatedBytes: number;
  readonly afterReservedBytes: number;
}

/** What one clear did. */
export interface IClearReport {
  readonly devices: readonly IClearedDevice[];
  /** Objects that `gc.collect()` found unreachable; null if a cell did the clearing. */
  readonly collectedObjects: number | null;
  /** Names of what let go first. */
  readonly released: readonly string[];
}
