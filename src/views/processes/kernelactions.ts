import type { IGpuProcess } from '../../core/wire/generated';
import type { IServerKernel } from '../../model/server/tokens';

/** What a person can do to a kernel or a process of the server; the views only pass it on. */
export interface IKernelActions {
  /** Collect cycles and empty the caches of one kernel, without a cell. */
  clear(kernel: IServerKernel): void;
  /** Whether `open` can show it in this page. */
  canOpen(kernel: IServerKernel): boolean;
  /** Show the notebook or the console of one kernel. */
  open(kernel: IServerKernel): void;
  /** Shut one kernel down, after asking whether that is meant. */
  shutDown(kernel: IServerKernel): void;
  /** Ask a kernel once that is open nowhere in this page. */
  readOnce(kernel: IServerKernel): void;
  /** Stop a process, after asking whether that is meant. */
  stop(process: IGpuProcess, force: boolean): void;
}
