import type {
  IClearReport,
  IHoldings,
  IStopReport
} from '../../core/wire/generated';
import type { IOutOfMemory } from '../../core/oom';
import type { RoomErrorCode } from '../server/errors';
import type { IModelPlan, IPlanQuestion } from './planning';
import type {
  INotebook,
  INotebookReading,
  IOverview,
  IProcessList
} from '../server/rows';

/** Which kernels may be asked at all. */
export interface IAskOptions {
  /**
   * Ask kernels to which no front end is connected, too. It costs output: what such a kernel
   * printed since its browser went offline is kept by the server, and the server drops it, for
   * good, as soon as anybody else connects. By default such a kernel is left alone.
   */
  readonly mayDropOutput?: boolean;
}

/** How long kernels are waited for. */
export interface ILookOptions extends IAskOptions {
  /** Seconds after which a kernel counts as silent; 5 by default. */
  readonly timeoutSeconds?: number;
}

/** What is released before the memory is cleared. */
export interface IClearOptions extends IAskOptions {
  /** `outputs`, `tracebacks`, `all` for both and more, or names that `holders` gave. */
  readonly release?: readonly string[];
  /** Variables to delete. */
  readonly names?: readonly string[];
}

/** How an error is explained. */
export interface IExplainOptions extends IAskOptions {
  /** The notebook in which it was raised, if it still runs: then its holders are named, too. */
  readonly notebook?: string;
}

/** How long is watched, and how often. */
export interface IWatchOptions extends IAskOptions {
  /** Seconds until it ends by itself; 60 by default, `Infinity` for never. */
  readonly seconds?: number;
  /** Seconds between two updates; 1 by default; at least what the agent allows, `MIN_PUSH_INTERVAL_MS`. */
  readonly everySeconds?: number;
  /** Ends it, too, as an interrupt does. */
  readonly signal?: AbortSignal;
}

/** How a process is stopped. */
export interface IStopOptions extends IAskOptions {
  /** Kill it; only after it was asked to end, and some seconds. */
  readonly force?: boolean;
  /** Don't ask the person first; false by default. */
  readonly isConfirmed?: boolean;
}

/** One sample of a watch. */
export interface IWatchSample {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  /** By path: what each notebook had reserved then, in bytes, on all devices together. */
  readonly reservedBytes: Readonly<Record<string, number>>;
  /** By path: why a notebook has no figure of then. */
  readonly problems: Readonly<Record<string, RoomErrorCode>>;
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
  processes(options?: IAskOptions): Promise<IProcessList>;
  /** Who holds the memory in a notebook's kernel. */
  holders(name: string, options?: IAskOptions): Promise<IHoldings>;
  /** Clear a notebook's memory without a cell; what is named is released first. */
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
  /** Show a live chart until the time is up or the user interrupts; returns what was seen. */
  watch(options?: IWatchOptions): Promise<IWatchSample[]>;
}
