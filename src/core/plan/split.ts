import type { IRange } from './result/context';
import type { MapBuffer } from './torch/devicemap';
import type { IDevicePlan, ISplitPlan } from './result/devices';
import type { IFitPlan } from './fit';
import { planFit } from './fit';
import { formatFor } from './formats/formats';
import type { IFitOptions, IGpu } from './result/options';
import { checked } from './result/options';
import type { IModelShape } from './model/shape';
import { PlanError } from './model/shape';
import { llamaSplit } from './llamacpp/splitllama';
import { torchSplit } from './torch/splittorch';
import type { FitStatus } from './result/verdict';
import { available } from './result/verdict';

/** What is asked of `planSplit`: at least two `gpus`. */
export interface ISplitOptions extends IFitOptions {
  /**
   * The most that weights may take of each GPU, in bytes, as `max_memory` has it;
   * for GGUF, that everything may take. By default, what fits.
   */
  readonly maxMemoryBytes?: readonly number[];
  /**
   * For GGUF, the layers of each GPU, the output being one more. By default, those
   * that fill every GPU to the same part of its room.
   */
  readonly tensorSplit?: readonly number[];
  /** By the version of transformers, where `maxMemoryBytes` are given; else it makes no difference. */
  readonly mapBuffer?: MapBuffer;
}

/** What each GPU of `options.gpus` gets of a model that is spread over them. */
export function planSplit(
  shape: IModelShape,
  options: ISplitOptions
): ISplitPlan {
  const asked = checked(options);
  const limits = checkedLimits(options.maxMemoryBytes, asked.gpus.length);
  const counts = checkedCounts(options.tensorSplit, shape, asked.gpus.length);
  const format = formatFor(shape, options.format !== undefined, asked);
  const arranged =
    format.runtime === 'llama.cpp'
      ? llamaSplit(shape, format, asked, limits, counts)
      : torchSplit(shape, format, asked, limits, options.mapBuffer);
  const statuses = arranged.devices.map(({ status }) => status);
  const status: FitStatus =
    statuses.length === 0 || statuses.includes('too-big')
      ? 'too-big'
      : statuses.includes('tight')
        ? 'tight'
        : 'fits';
  return {
    format: format.name,
    runtime: format.runtime,
    ...arranged,
    status,
    fits: status === 'fits',
    shortfall:
      statuses.length === 0 ? 'weights' : status === 'fits' ? null : 'device'
  };
}

/**
 * @throws PlanError for fewer than two GPUs, and for limits that are not one number each.
 */
function checkedLimits(
  limits: readonly number[] | undefined,
  gpus: number
): readonly number[] | null {
  if (gpus < 2) {
    throw new PlanError(trans =>
      trans._n(
        '`gpus` should be at least 2 to split a model, but there is %1.',
        '`gpus` should be at least 2 to split a model, but there are %1.',
        gpus
      )
    );
  }
  const isEach =
    limits?.length === gpus &&
    limits.every(each => each >= 0 && each < 2 ** 60);
  if (limits !== undefined && !isEach) {
    throw new PlanError(trans =>
      trans.__(
        '`maxMemoryBytes` should be a number of bytes for each of the %1 GPUs.',
        gpus
      )
    );
  }
  return limits?.map(Math.floor) ?? null;
}

/** @throws PlanError for counts that are not one for each GPU, of all layers and the output. */
function checkedCounts(
  counts: readonly number[] | undefined,
  shape: IModelShape,
  gpus: number
): readonly number[] | null {
  const all = shape.layers.length + 1;
  const isEach =
    counts?.length === gpus &&
    counts.every(count => Number.isInteger(count) && count >= 0) &&
    counts.reduce((a, b) => a + b, 0) === all;
  if (counts !== undefined && !isEach) {
    throw new PlanError(trans =>
      trans.__(
        '`tensorSplit` should be a count of layers for each of the %1 GPUs, %2 in all.',
        gpus,
        all
      )
    );
  }
  return counts ?? null;
}

/** A plan for all `options.gpus` together, with sums; as `planFit` where there are fewer than two. */
export function planAcross(shape: IModelShape, options: IFitOptions): IFitPlan {
  const gpus = options.gpus ?? [];
  if (gpus.length < 2) {
    return planFit(shape, options);
  }
  const split = planSplit(shape, options);
  const one = planFit(shape, { ...options, gpus: gpus.slice(0, 1) });
  const { devices } = split;
  const sum = (of: (device: IDevicePlan) => number): number =>
    devices.reduce((all, device) => all + of(device), 0);
  const sums = (of: (device: IDevicePlan) => IRange): IRange => ({
    low: sum(device => of(device).low),
    likely: sum(device => of(device).likely),
    high: sum(device => of(device).high)
  });
  const plan =
    devices.length === 0
      ? one
      : {
          ...one,
          weightsBytes: sum(device => device.weightsBytes),
          kvCacheBytes: sum(device => device.kvCacheBytes),
          activationBytes: sum(device => device.activationBytes),
          runtimeBytes: sum(device => device.runtimeBytes),
          contextBytes: sum(device => device.contextBytes),
          peakBytes: sums(device => device.peakBytes),
          driverBytes: sums(device => device.driverBytes)
        };
  return { ...plan, split, verdicts: [together(plan, gpus, split.status)] };
}

function together(
  { driverBytes }: IFitPlan,
  gpus: readonly IGpu[],
  status: FitStatus
): IFitPlan['verdicts'][number] {
  const availableBytes = gpus.reduce((all, gpu) => all + available(gpu), 0);
  return {
    gpu: null,
    status,
    availableBytes,
    leftBytes: availableBytes - driverBytes.likely
  };
}
