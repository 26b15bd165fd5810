import type { IGpuProcess, IReading } from '../../core/wire/generated';
import type { IProblem } from './errors';

/** A running kernel of the server, and the document it belongs to. */
export interface INotebook {
  /** The path of the notebook or console, as the server shows it; of a kernel without one, its id. */
  readonly path: string;
  readonly type: 'notebook' | 'console' | 'kernel';
  readonly kernelId: string;
  /** The kernelspec's, such as `python3`. */
  readonly kernelName: string;
  /** Such as `python`; null where the server does not say. */
  readonly language: string | null;
  /** The server's word: `idle`, `busy`, `starting`, ...; `unknown` where it has none. */
  readonly state: string;
  /** Milliseconds since the epoch; null where unknown. */
  readonly lastActivityMs: number | null;
  /** How many front ends are connected, a room among them; null where the server does not say. */
  readonly connections: number | null;
  /** Whether this is the notebook that asks. */
  readonly isOwn: boolean;
}

/** What is known of the memory of one notebook. */
export interface INotebookReading {
  readonly notebook: INotebook;
  /** The kernel's own figures, the latest there are; null where there never were any. */
  readonly reading: IReading | null;
  /** How old they are, by the clock of this machine. */
  readonly ageMs: number | null;
  /** The kernel's process; null where unknown. */
  readonly pid: number | null;
  /** What the driver of this machine says of that process, on all GPUs together; null where unknown. */
  readonly driverBytes: number | null;
  /** Why there are no fresh figures; null where they are fresh. */
  readonly problem: IProblem | null;
  /** When the room noticed that the kernel was restarted; null where it noticed nothing. */
  readonly restartedMs: number | null;
}

/** Who uses the GPUs, and who said so. */
export interface IProcessList {
  readonly processes: readonly IGpuProcess[];
  /** The notebook whose kernel told; null where `nvidia-smi` did, which knows less. */
  readonly toldBy: string | null;
  /** Why there is no list; null where there is one. */
  readonly problem: string | null;
}

/** What one notebook has of a GPU. */
export interface IGpuUser {
  readonly path: string;
  readonly bytes: number;
  /** How old the figure is; null where it is of now. */
  readonly ageMs: number | null;
}

/** One GPU, and who has how much of it. */
export interface IGpuOverview {
  /** The GPU's UUID; where there is none, the device's name. */
  readonly key: string;
  readonly name: string;
  readonly isPractice: boolean;
  readonly totalBytes: number | null;
  readonly freeBytes: number | null;
  /** How old the figure of what is free is; null where it is of now, or unknown. */
  readonly freeAgeMs: number | null;
  /** The notebooks of this server, the biggest first. */
  readonly users: readonly IGpuUser[];
  /** In use by other processes; null where unknown. */
  readonly otherBytes: number | null;
}

/** Everything that the room knows at one moment. */
export interface IOverview {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** The server that was asked. */
  readonly serverUrl: string;
  readonly gpus: readonly IGpuOverview[];
  readonly notebooks: readonly INotebookReading[];
  readonly processes: IProcessList;
}
