import type { IRange } from './context';
import type { ICheckedOptions, IGpu } from './options';

/** Whether a plan fits on a GPU. */
export type FitStatus =
  /** With headroom to spare, even if the plan is too low. */
  | 'fits'
  /** If all goes as planned, but not with certainty. */
  | 'tight'
  /** Not even if the plan is too high. */
  | 'too-big'
  /** No GPU was named. */
  | 'unknown';

/** What becomes of one GPU. */
export interface IVerdict {
  /** Its name, or null for the sum of several. */
  readonly gpu: string | null;
  readonly status: FitStatus;
  /** What a process can have there now. */
  readonly availableBytes: number;
  /** What is left if the plan is right; negative for what is missing. */
  readonly leftBytes: number;
}

/** What is judged. */
interface IJudged {
  readonly driverBytes: IRange;
  readonly contextBytes: number;
}

/** The verdict for each GPU alone, and for all together where there are several. */
export function judged(plan: IJudged, options: ICheckedOptions): IVerdict[] {
  const { gpus, headroomBytes } = options;
  const each = gpus.map(gpu =>
    verdict(plan.driverBytes, available(gpu), headroomBytes, gpu.name)
  );
  if (gpus.length < 2) {
    return each;
  }
  // Every further GPU has a context of its own.
  const extra = (gpus.length - 1) * plan.contextBytes;
  const { low, likely, high } = plan.driverBytes;
  const together = {
    low: low + extra,
    likely: likely + extra,
    high: high + extra
  };
  const sum = gpus.reduce((all, gpu) => all + available(gpu), 0);
  return [...each, verdict(together, sum, headroomBytes * gpus.length, null)];
}

/** What a process can have of `gpu` now. */
export function available(gpu: IGpu): number {
  return gpu.freeBytes ?? gpu.totalBytes;
}

/** Whether `need` fits in what is available less the headroom, all in bytes. */
export function verdict(
  need: IRange,
  availableBytes: number,
  headroomBytes: number,
  gpu: string | null
): IVerdict {
  const room = availableBytes - headroomBytes;
  const status: FitStatus =
    need.high <= room ? 'fits' : need.low > room ? 'too-big' : 'tight';
  return {
    gpu,
    status,
    availableBytes,
    leftBytes: availableBytes - need.likely
  };
}
