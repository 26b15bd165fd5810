import type { IDeviceReading } from '../wire/generated';
import type { IFitPlan, Planning } from './fit';
import { planFit } from './fit';
import { isSure } from './layers';
import type { IFitOptions, IGpu } from './result/options';
import type { IPlannable } from './model/published';
import { tableFormats } from './remedies';

/** A device of the kernel as a GPU to plan for; null where its size is unknown. */
export function gpuOf(device: IDeviceReading): IGpu | null {
  const { totalBytes, freeBytes, reservedBytes, processBytes } = device;
  if (totalBytes === null) {
    return null;
  }
  // A load uses again what this kernel's allocator has cached, and its context.
  const cachedBytes = reservedBytes - device.allocatedBytes;
  const contextBytes = Math.max(0, (processBytes ?? 0) - reservedBytes);
  return {
    name: device.name,
    totalBytes,
    freeBytes:
      freeBytes === null
        ? null
        : Math.min(totalBytes, freeBytes + cachedBytes + contextBytes),
    computeCapability: device.computeCapability
  };
}

/** The plans of the table, from the best format to the smallest. */
export function plansOf(
  { shape, native }: IPlannable,
  options: IFitOptions,
  plan: Planning = planFit
): IFitPlan[] {
  const gpu = options.gpus?.[0] ?? null;
  const formats =
    shape.file !== null
      ? [shape.file.format]
      : [...(native === null ? [] : [native]), ...tableFormats(gpu)];
  return [...new Set(formats)]
    .filter(format => !(shape.isEncoder && /^[A-Z]/.test(format)))
    .map(format => plan(shape, { ...options, format }));
}

/** The first that fits for sure; null where none does. */
export function firstThatFits(plans: readonly IFitPlan[]): IFitPlan | null {
  return plans.find(isSure) ?? null;
}

/** What to show first: the first that fits for sure, else the first that may. */
export function firstToShow(plans: readonly IFitPlan[]): IFitPlan | null {
  const may = plans.find(({ verdicts }) => verdicts[0]?.status === 'tight');
  return firstThatFits(plans) ?? may ?? plans[0] ?? null;
}
