import type { IClearReport } from '../core/reading';
import type { IHoldings } from '../core/holders';
import type { IOutOfMemory } from '../core/oom';
import type { IStopReport } from '../core/survey';
import type { IModelPlan, IPlanQuestion } from './planning';
import type {
  INotebook,
  INotebookReading,
  IOverview,
  IProcessList
} from './rows';

/** How long kernels are waited for. */
export interface ILookOptions {
  /** Seconds after which a kernel counts as silent; 5 by default. */
  readonly timeoutSeconds?: number;
}

/** What is let go of before the memory is cleared. */
export interface IClearOptions {
  /** `outputs`, `tracebacks`, `all` for both and more, or names that `holders` gave. */
  readonly release?: readonly string[];
  /** Variables to delete. */
  readonly names?: readonly string[];
}

/** How an error is explained. */
export interface IExplainOptions {
  /** The notebook in which it was raised, if it still runs: then its holders are named, too. */
  readonly notebook?: string;
}

/** How long is watched, and how often. */
export interface IWatchOptions {
  /** Seconds until it ends by itself; 60 by default, `Infinity` for never. */
  readonly seconds?: number;
  /** Seconds between two updates; 1 by default, 0.25 at least. */
  readonly everySeconds?: number;
  /** Ends it, too, as an interrupt does. */
  readonly signal?: AbortSignal;
}

/** How a process is stopped. */
export interface IStopOptions {
  /** Kill it; only after it was asked to end, and some seconds. */
  readonly force?: boolean;
  /** Don't ask the person first; false by default. */
  readonly isConfirmed?: boolean;
}

/** One sample of a watch. */
export interface IWatchSample {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** By path: what each notebook has reserved, in bytes, on all devices together. */
  readonly reservedBytes: Readonly<Record<string, number>>;
}

/**
 * A control room for the GPU memory of every notebook of one Jupyter server.
 *
 * It runs outside of their kernels, so it answers when they don't. Everything it
 * returns is plain data; at the end of a notebook's cell, it draws itself. All
 * errors are `RoomError`.
 */
export interface IRoom {
  /** Every running kernel; asks the server alone. */
  notebooks(): Promise<INotebook[]>;
  /** The memory of every Python notebook, or of those that are named; asks each kernel once. */
  readings(
    names?: readonly string[],
    options?: ILookOptions
  ): Promise<INotebookReading[]>;
  /** Everything at once: GPUs, notebooks, processes. */
  overview(options?: ILookOptions): Promise<IOverview>;
  /** Every process on the GPUs. */
  processes(): Promise<IProcessList>;
  /** Who holds the memory in a notebook's kernel. */
  holders(name: string): Promise<IHoldings>;
  /** Clear a notebook's memory without a cell; what is named lets go first. */
  clear(name: string, options?: IClearOptions): Promise<IClearReport>;
  /** Explain an out-of-memory error; null if the text holds none. */
  explain(
    text: string,
    options?: IExplainOptions
  ): Promise<IOutOfMemory | null>;
  /** What a model takes in every format, and whether it fits. */
  plan(question: IPlanQuestion): Promise<IModelPlan>;
  /** Ask a process to end, after a question; null if the person said no. */
  stop(pid: number, options?: IStopOptions): Promise<IStopReport | null>;
  /** Show `overview` now. */
  show(options?: ILookOptions): Promise<void>;
  /** Show a live chart until the time is up or somebody interrupts; returns what was seen. */
  watch(options?: IWatchOptions): Promise<IWatchSample[]>;
}
