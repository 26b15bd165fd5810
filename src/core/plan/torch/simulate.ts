import { TorchAllocator } from './allocator';
import { workspaceBytes } from '../result/context';
import type { IFigures } from '../result/ranges';
import type { IFormat } from '../formats/formats';
import { prefill } from './forward';
import type { ICheckedOptions } from '../result/options';
import { kvElementBytes } from '../result/options';
import type { IModelShape, ITensor, WeightPart } from '../model/shape';
import { AllocationTrace } from './trace';
import { layerTensors, noWeights, visitTensors } from '../model/tensors';

/** Threads that read weights (transformers, `core_model_loading`). */
const LOADER_THREADS = 4;

/** A load and a prefill in transformers, allocation by allocation. */
export function simulate(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): IFigures {
  const allocator = new TorchAllocator();
  const weightsByPart = load(allocator, shape, format, () => true);
  const weightsBytes = allocator.allocatedBytes;
  allocator.resetPeak();
  const runtimeBytes =
    workspaceBytes(options.gpus[0] ?? null) + format.held(largestMatrix(shape));
  allocator.allocate(runtimeBytes);
  const trace = traceFor(allocator, format, options);
  prefill(trace, withAttention(shape, options));
  return figuresOf(trace, format, options, {
    weightsByPart,
    weightsBytes,
    runtimeBytes,
    leftoverBytes: leftoverBytes(shape, format)
  });
}

/** What is known of a trace before a prefill. */
export type Loaded = Pick<
  IFigures,
  'weightsByPart' | 'weightsBytes' | 'runtimeBytes' | 'leftoverBytes'
>;

/** The figures after a prefill on `trace`. */
export function figuresOf(
  { allocator, kept: tensors }: AllocationTrace,
  format: IFormat,
  options: ICheckedOptions,
  loaded: Loaded
): IFigures {
  const kept = tensors.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
  const saved = savedByCacheFormat(kept, format, options);
  const peakBytes = allocator.peakBytes - saved;
  return {
    ...loaded,
    kvCacheBytes: kept - saved,
    activationBytes: Math.max(
      0,
      peakBytes - loaded.weightsBytes - loaded.runtimeBytes - (kept - saved)
    ),
    peakBytes,
    reservedBytes: allocator.reservedBytes - saved
  };
}

/** What the threads of a load that quantizes leave reserved. */
export function leftoverBytes(shape: IModelShape, format: IFormat): number {
  return format.isMadeOnLoad
    ? LOADER_THREADS * largestMatrix(shape) * format.elementBytes
    : 0;
}

/** A trace for a prefill. */
export function traceFor(
  allocator: TorchAllocator,
  format: IFormat,
  { batch, contextTokens }: ICheckedOptions
): AllocationTrace {
  return new AllocationTrace(
    allocator,
    batch * contextTokens,
    batch,
    format.elementBytes,
    format.cost
  );
}

/**
 * The weights that are on this GPU, tensor by tensor, with what the allocator rounds each up to.
 *
 * Quantized ones are cut from one block that `from_pretrained` takes in advance
 * (transformers, `caching_allocator_warmup`).
 */
export function load(
  allocator: TorchAllocator,
  shape: IModelShape,
  format: IFormat,
  isHere: (tensor: ITensor, layer: number) => boolean
): Record<WeightPart, number> {
  const weightsByPart = noWeights();
  const blocks: { part: WeightPart; bytes: number }[] = [];
  visitTensors(shape, (tensor, layer) => {
    const stored = isHere(tensor, layer)
      ? format.stored(shape, tensor, layer)
      : [];
    stored.forEach(bytes => blocks.push({ part: tensor.part, bytes }));
  });
  if (format.isQuantised) {
    const sum = blocks.reduce((all, { bytes }) => all + bytes, 0);
    allocator.free(allocator.allocate(sum));
  }
  for (const { part, bytes } of blocks) {
    weightsByPart[part] += allocator.allocate(bytes)?.bytes ?? 0;
  }
  return weightsByPart;
}

/** Elements of the largest matrix that a format could quantize. */
export function largestMatrix(shape: IModelShape): number {
  let most = 0;
  for (const layer of new Set(shape.layers)) {
    for (const { rows, columns, isLinear } of layerTensors(shape, layer)) {
      most = isLinear ? Math.max(most, rows * columns) : most;
    }
  }
  return most;
}

/** What a quantized cache leaves out: all but the newest tokens, which stay as they are. */
function savedByCacheFormat(
  kept: number,
  format: IFormat,
  { kvFormat }: ICheckedOptions
): number {
  const share =
    kvElementBytes(kvFormat, format.elementBytes) / format.elementBytes;
  return Math.floor(kept * (1 - Math.min(1, share)));
}

/** `shape` with its attention computed as asked for. */
export function withAttention(
  shape: IModelShape,
  { attention }: ICheckedOptions
): IModelShape {
  switch (attention) {
    case 'eager':
      return shape.eager ? shape : { ...shape, eager: 'plain' };
    case 'flash':
      return { ...shape, eager: null, isMasked: false, layers: shape.layers };
    case 'sdpa':
      return shape;
  }
}
