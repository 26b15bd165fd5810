import type { Sentence } from '../../core/text/translation';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

import type {
  IGpuProcess,
  IReading,
  IStopReport,
  ISurvey
} from '../../core/wire/generated';
import type { IMonitor } from '../tokens';

/** What was learned by asking a kernel once. */
export interface ISingleRead {
  readonly reading: IReading | null;
  /** When the answer came, in milliseconds since the epoch. */
  readonly takenMs: number;
  /** Why there is no reading. */
  readonly failure: Sentence | 'no-answer' | null;
}

/** One running Python kernel of the server, and what uses it. */
export interface IServerKernel {
  readonly kernelId: string;
  /** The paths of its notebooks, the names of its consoles; the first names it. Never empty. */
  readonly names: readonly string[];
  /** The path by which its notebook or console is opened; empty without one. */
  readonly path: string;
  /** Whether it belongs to a notebook or a console that can be opened. */
  readonly sessionType: string;
  /** By the server: `idle`, `busy`, `starting`, `dead`, ... */
  readonly state: string;
  /** Milliseconds since the epoch, by the server's clock; null if unknown. */
  readonly lastActivityMs: number | null;
  /** Connections of all pages, as the server counted them. */
  readonly connections: number;
  /** Null if it is open nowhere in this page. */
  readonly monitor: IMonitor | null;
  /** For one without a monitor: what it said when asked once. */
  readonly lastRead: ISingleRead | null;
  readonly isBeingAsked: boolean;
}

/** A process that was asked to end and has not. */
export interface IPendingStop {
  /** From when on it may be killed, in milliseconds since the epoch. */
  readonly mayKillMs: number;
}

/** Every Python kernel of the server, and every process on its GPUs. */
export interface IServerKernels {
  /** Emitted after anything below has changed. */
  readonly changed: ISignal<IServerKernels, void>;
  readonly kernels: readonly IServerKernel[];
  /** The latest; null before the first. */
  readonly survey: ISurvey | null;
  /** Whether some kernel's agent reports processes, or is about to. */
  readonly hasReporter: boolean;
  /** Milliseconds since `survey` was taken; null without one. */
  surveyAgeMs(nowMs: number): number | null;
  /** Whether `survey` may no longer be true: the kernel that tells fell silent. */
  isSurveyStale(nowMs: number): boolean;
  /** Whether a process was asked to end; by its `identity`. */
  pendingStop(identity: string): IPendingStop | null;
  /** Say whether a view shows this; nothing is asked or sent when none does. */
  setLooking(isLooking: boolean): void;
  /**
   * Ask a kernel that is open nowhere in this page, once; if nobody is connected
   * to it, a person is asked first.
   */
  readOnce(kernelId: string): Promise<void>;
  /**
   * Clear a kernel's memory without a cell, wherever it is open; if nobody is
   * connected to it, a person is asked first.
   *
   * @returns why it was refused, or null when it was done or the person said no
   * @throws what `IMonitor.ask` throws
   */
  clear(kernelId: string): Promise<string | null>;
  /**
   * Stop a process of the latest survey.
   *
   * @throws RefusedError with one plain sentence, and what `IMonitor.ask` throws
   */
  stop(process: IGpuProcess, force: boolean): Promise<IStopReport>;
}

/** The token for `IFleet`. */
export const IServerKernels = new Token<IServerKernels>(
  'jupyterlab-vram:IFleet',
  'A service that knows all kernels of the server and all processes on its GPUs.'
);
