import type { IGpu, IGpuProcess, ISurvey } from './survey';

/** What a kernel, and all that it started, holds by the driver. */
export interface IHolding {
  /** Null where the driver does not tell for one of them. */
  readonly bytes: number | null;
  /** Processes that the kernel started, such as data loader workers. */
  readonly childCount: number;
}

/** What one process holds on one GPU, or on all; null if that is unknown. */
export function bytesOf(
  process: IGpuProcess,
  uuid: string | null = null
): number | null {
  const shares = process.shares.filter(
    share => uuid === null || share.uuid === uuid
  );
  return sum(shares.map(share => share.usedBytes));
}

/**
 * What a kernel holds by the driver.
 *
 * @param kernelId - Jupyter's name for it
 * @param pid - its process, where the kernel itself has told
 * @returns null if the driver lists no process of it
 */
export function holdingOf(
  survey: ISurvey,
  kernelId: string,
  pid: number | null = null
): IHolding | null {
  const own = survey.processes.filter(
    process => process.isVisible && isOf(process, kernelId, pid)
  );
  return own.length === 0
    ? null
    : {
        bytes: sum(own.map(process => bytesOf(process))),
        childCount: own.filter(process => !process.isKernel).length
      };
}

/** The processes of one GPU: whatever computes, the biggest first. */
export function processesOn(gpu: IGpu, survey: ISurvey): IGpuProcess[] {
  return survey.processes
    .filter(process => process.kind !== 'graphics')
    .filter(process => process.shares.some(share => share.uuid === gpu.uuid))
    .sort((a, b) => (bytesOf(b, gpu.uuid) ?? 0) - (bytesOf(a, gpu.uuid) ?? 0));
}

/** What only draws on a GPU: a desktop, a browser. */
export function drawingOn(gpu: IGpu, survey: ISurvey): IGpuProcess[] {
  return survey.processes.filter(
    process =>
      process.kind === 'graphics' &&
      process.shares.some(share => share.uuid === gpu.uuid)
  );
}

/** Whether the driver keeps to itself what some listed process holds. */
export function hasUnknown(gpu: IGpu, survey: ISurvey): boolean {
  return survey.processes.some(process =>
    process.shares.some(
      share => share.uuid === gpu.uuid && share.usedBytes === null
    )
  );
}

function isOf(
  process: IGpuProcess,
  kernelId: string,
  pid: number | null
): boolean {
  return process.kernelId !== null
    ? process.kernelId === kernelId
    : pid !== null && process.kernelPid === pid;
}

function sum(figures: readonly (number | null)[]): number | null {
  return figures.reduce<number | null>(
    (total, figure) =>
      total === null || figure === null ? null : total + figure,
    0
  );
}
