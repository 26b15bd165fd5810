/**
 * Who uses the GPUs of a machine, as the driver and the system tell it to one
 * kernel's agent. `null` means *unknown*, never zero.
 */

/**
 * Whether the driver could be asked.
 *
 * - `ok`: `gpus` holds at least one GPU
 * - `no-tool`: the kernel's environment has neither `nvidia-smi` nor a binding
 * - `no-driver`, `no-devices`, `no-permission`, `lost`, `timeout`: as named
 * - `mismatch`: the driver and its library have different versions
 * - `failed`: something else; `detail` says what
 */
export type SurveyState =
  | 'ok'
  | 'no-tool'
  | 'no-driver'
  | 'no-devices'
  | 'mismatch'
  | 'no-permission'
  | 'lost'
  | 'timeout'
  | 'failed';

/** A GPU, or a MIG slice of one. */
export interface IGpu {
  /** As PyTorch writes it, without `GPU-`. */
  readonly uuid: string;
  /** The GPU that a slice is part of; null for a whole one. */
  readonly parentUuid: string | null;
  readonly index: number;
  readonly name: string | null;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  /** Whether the driver lists processes; none is an answer too. */
  readonly isListed: boolean;
  /** Used by nobody that is listed with a figure. */
  readonly otherBytes: number | null;
}

/** What one process holds on one GPU. */
export interface IGpuShare {
  /** The `uuid` of an `IGpu`. */
  readonly uuid: string;
  readonly usedBytes: number | null;
}

/** One process that uses a GPU. */
export interface IGpuProcess {
  readonly pid: number;
  /** Whether it computes, draws, or does both. */
  readonly kind: 'compute' | 'graphics' | 'both';
  readonly shares: readonly IGpuShare[];
  /** False for one that runs where the kernel can't see it: little is known then. */
  readonly isVisible: boolean;
  readonly user: string | null;
  readonly command: string | null;
  /** What it was started as, without folders and arguments. */
  readonly program: string | null;
  readonly startedSeconds: number | null;
  /** Whether it is the kernel that tells, or something that kernel started. */
  readonly isOwn: boolean;
  /** Whether it is itself a Jupyter kernel. */
  readonly isKernel: boolean;
  /** Jupyter's name for the kernel that it is or comes from. */
  readonly kernelId: string | null;
  readonly kernelPid: number | null;
  /** The path of the notebook when its kernel was started. */
  readonly notebook: string | null;
  /** Over the threshold, and its parent gone (`orphan`) or no kernel's (`unowned`). */
  readonly leftover: 'orphan' | 'unowned' | null;
  /** What a request to stop it has to name; null if it is not to be stopped. */
  readonly identity: string | null;
  /** Why not, as a code; see `whyNotStoppable`. */
  readonly whyNot: string | null;
}

/** All GPUs and processes at one moment. */
export interface ISurvey {
  /** Seconds since the epoch, by the kernel's clock. */
  readonly timeSeconds: number;
  readonly state: SurveyState;
  /** What the driver said; may be empty. */
  readonly detail: string;
  readonly gpus: readonly IGpu[];
  /** The biggest first. */
  readonly processes: readonly IGpuProcess[];
}

/** What one request to stop a process led to. */
export interface IStopReport {
  readonly signal: 'SIGTERM' | 'SIGKILL';
  readonly hasEnded: boolean;
  /** Seconds until it may be killed. */
  readonly graceSeconds: number;
}
