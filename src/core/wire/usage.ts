import type { IGpu, IGpuProcess, ISurvey } from './generated';

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
  return sumOf(shares.map(share => share.usedBytes));
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
        bytes: sumOf(own.map(process => bytesOf(process))),
        childCount: own.filter(process => !process.isKernel).length
      };
}

/** The processes of one GPU: whatever computes, the biggest first. */
export function processesOn(gpu: IGpu, survey: ISurvey): IGpuProcess[] {
  return survey.processes
    .filter(process => process.kind !== 'graphics')
    .filter(process => isOn(process, gpu))
    .sort((a, b) => (bytesOf(b, gpu.uuid) ?? 0) - (bytesOf(a, gpu.uuid) ?? 0));
}

/** The processes that compute on more than one of the listed GPUs, the biggest first. */
export function spreadOver(survey: ISurvey): IGpuProcess[] {
  return survey.processes
    .filter(process => process.kind !== 'graphics')
    .filter(process => survey.gpus.filter(gpu => isOn(process, gpu)).length > 1)
    .sort((a, b) => (bytesOf(b) ?? 0) - (bytesOf(a) ?? 0));
}

/** Whether the driver lists a process for a GPU. */
export function isOn(process: IGpuProcess, gpu: IGpu): boolean {
  return process.shares.some(share => share.uuid === gpu.uuid);
}

/** What only draws on a GPU: a desktop, a browser. */
export function drawingOn(gpu: IGpu, survey: ISurvey): IGpuProcess[] {
  return survey.processes.filter(
    process => process.kind === 'graphics' && isOn(process, gpu)
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

/** The sum of some figures; null if one of them is unknown. */
export function sumOf(figures: readonly (number | null)[]): number | null {
  return figures.reduce<number | null>(
    (total, figure) =>
      total === null || figure === null ? null : total + figure,
    0
  );
}
