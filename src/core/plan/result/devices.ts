import type { IRange } from './context';
import type { IFigures, INeeds } from './ranges';
import { doubtWidth, needsOf } from './ranges';
import type { IFormat, Runtime } from '../formats/formats';
import type { ICheckedOptions, IGpu } from './options';
import type { IModelShape } from '../model/shape';
import type { FitStatus } from './verdict';
import { available, verdict } from './verdict';

/** How transformers spreads the layers. */
export type DeviceMapKind = 'auto' | 'sequential';

/** What one GPU gets. */
export interface IDevicePlan {
  /** Its place among the `gpus`. */
  readonly index: number;
  readonly gpu: string;
  /** `first` means nothing where `count` is 0. */
  readonly layers: { readonly first: number; readonly count: number };
  readonly hasEmbedding: boolean;
  readonly hasHead: boolean;
  readonly weightsBytes: number;
  readonly kvCacheBytes: number;
  readonly activationBytes: number;
  /** Buffers of the libraries: cuBLAS's workspace. */
  readonly runtimeBytes: number;
  readonly contextBytes: number;
  readonly peakBytes: IRange;
  readonly driverBytes: IRange;
  readonly availableBytes: number;
  readonly status: FitStatus;
  readonly fits: boolean;
}

/** What a GPU holds of a model. */
export interface IShare {
  readonly layers: IDevicePlan['layers'];
  readonly hasEmbedding: boolean;
  readonly hasHead: boolean;
  readonly figures: IFigures;
}

/** Shares that a runtime arranged, with what it needs to be told for them. */
export interface IArranged {
  /** Empty where the weights find no place at all. */
  readonly devices: readonly IDevicePlan[];
  /** What to give `device_map`; null for GGUF. */
  readonly deviceMap: DeviceMapKind | null;
  /** What to give `max_memory`, in bytes; null for GGUF. */
  readonly maxMemoryBytes: readonly number[] | null;
  /** What to give `--tensor-split`: layers, the output being one more; null for others. */
  readonly tensorSplit: readonly number[] | null;
}

/** A model over several GPUs. */
export interface ISplitPlan extends IArranged {
  readonly format: string;
  readonly runtime: Runtime;
  /** Of the GPU where it is worst. */
  readonly status: FitStatus;
  readonly fits: boolean;
  /** What does not fit: the weights anywhere, or everything on some GPU. */
  readonly shortfall: 'weights' | 'device' | null;
}

/** No arrangement. */
export const NOT_ARRANGED: IArranged = {
  devices: [],
  deviceMap: null,
  maxMemoryBytes: null,
  tensorSplit: null
};

/** The plans of the GPUs for their shares of a model; null stands for no share. */
export function devicesOf(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  shares: readonly (IShare | null)[]
): IDevicePlan[] {
  const width = doubtWidth(shape, format);
  const needs = ({ figures }: IShare, gpu: IGpu): INeeds =>
    needsOf(figures, gpu, format.runtime, width);
  return options.gpus.map((gpu, index) => {
    const share = shares[index] ?? null;
    const known = { index, gpu: gpu.name, availableBytes: available(gpu) };
    return share === null
      ? { ...UNUSED, ...known }
      : { ...known, ...deviceOf(share, needs(share, gpu), gpu, options) };
  });
}

function deviceOf(
  { figures, ...share }: IShare,
  { context, peakBytes, driverBytes }: INeeds,
  gpu: IGpu,
  { headroomBytes }: ICheckedOptions
): Omit<IDevicePlan, 'index' | 'gpu' | 'availableBytes'> {
  const { status } = verdict(driverBytes, available(gpu), headroomBytes, null);
  return {
    ...share,
    weightsBytes: figures.weightsBytes,
    kvCacheBytes: figures.kvCacheBytes,
    activationBytes: figures.activationBytes,
    runtimeBytes: figures.runtimeBytes,
    contextBytes: context.likely,
    peakBytes,
    driverBytes,
    status,
    fits: status === 'fits'
  };
}

const NOTHING: IRange = { low: 0, likely: 0, high: 0 };

/** A GPU that gets nothing, where not even a context is made. */
const UNUSED = {
  layers: { first: 0, count: 0 },
  hasEmbedding: false,
  hasHead: false,
  weightsBytes: 0,
  kvCacheBytes: 0,
  activationBytes: 0,
  runtimeBytes: 0,
  contextBytes: 0,
  peakBytes: NOTHING,
  driverBytes: NOTHING,
  status: 'fits',
  fits: true
} as const;
