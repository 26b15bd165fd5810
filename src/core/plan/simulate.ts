import { TorchAllocator } from './allocator';
import { workspaceBytes } from './context';
import type { IFigures } from './fit';
import type { IFormat } from './formats';
import { prefill } from './forward';
import type { ICheckedOptions } from './options';
import { kvElementBytes } from './options';
import type { IModelShape, ITensor, WeightPart } from './shape';
import { Tape } from './tape';
import { layerTensors } from './tensors';

/** Threads that read weights (transformers, `core_model_loading`). */
const LOADER_THREADS = 4;

/** What every part of the weights has, at first. */
export function noWeights(): Record<WeightPart, number> {
  return {
    embedding: 0,
    attention: 0,
    feedForward: 0,
    experts: 0,
    norm: 0,
    output: 0
  };
}

/** Calls `visit` with every weight tensor in the order in which it is loaded; layer -1 is outside. */
export function visitTensors(
  shape: IModelShape,
  visit: (tensor: ITensor, layer: number) => void
): void {
  const known = new Map(
    shape.layers.map(layer => [layer, layerTensors(shape, layer)])
  );
  const isFirst = ({ part }: ITensor): boolean => part === 'embedding';
  shape.outer.filter(isFirst).forEach(tensor => visit(tensor, -1));
  shape.layers.forEach((layer, index) =>
    known.get(layer)?.forEach(tensor => visit(tensor, index))
  );
  shape.outer
    .filter(tensor => !isFirst(tensor))
    .forEach(tensor => visit(tensor, -1));
}

/** A load and a prefill in transformers, allocation by allocation. */
export function simulate(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): IFigures {
  const allocator = new TorchAllocator();
  const weightsByPart = load(allocator, shape, format);
  const weightsBytes = allocator.allocatedBytes;
  allocator.resetPeak();
  const runtimeBytes =
    workspaceBytes(options.gpus[0] ?? null) + format.held(largestMatrix(shape));
  allocator.allocate(runtimeBytes);
  const tape = ran(allocator, shape, format, options);
  const kept = tape.kept.reduce((sum, each) => sum + (each?.bytes ?? 0), 0);
  const saved = savedByCacheFormat(kept, format, options);
  const peakBytes = allocator.peakBytes - saved;
  return {
    weightsByPart,
    weightsBytes,
    kvCacheBytes: kept - saved,
    activationBytes: Math.max(
      0,
      peakBytes - weightsBytes - runtimeBytes - (kept - saved)
    ),
    runtimeBytes,
    peakBytes,
    reservedBytes: allocator.reservedBytes - saved,
    leftoverBytes: format.isMadeOnLoad
      ? LOADER_THREADS * largestMatrix(shape) * format.elementBytes
      : 0
  };
}

/** The tape of a prefill. */
function ran(
  allocator: TorchAllocator,
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): Tape {
  const { batch, contextTokens } = options;
  const tape = new Tape(
    allocator,
    batch * contextTokens,
    batch,
    format.elementBytes,
    format.cost
  );
  prefill(tape, withAttention(shape, options));
  return tape;
}

/**
 * The weights, tensor by tensor, with what the allocator rounds each up to.
 *
 * Quantised ones are cut from one block that `from_pretrained` takes in advance
 * (transformers, `caching_allocator_warmup`).
 */
function load(
  allocator: TorchAllocator,
  shape: IModelShape,
  format: IFormat
): Record<WeightPart, number> {
  const weightsByPart = noWeights();
  const blocks: { part: WeightPart; bytes: number }[] = [];
  visitTensors(shape, (tensor, layer) => {
    for (const bytes of format.stored(shape, tensor, layer)) {
      blocks.push({ part: tensor.part, bytes });
    }
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

/** Elements of the largest matrix that a format could quantise. */
function largestMatrix(shape: IModelShape): number {
  let most = 0;
  for (const layer of new Set(shape.layers)) {
    for (const { rows, columns, isLinear } of layerTensors(shape, layer)) {
      most = isLinear ? Math.max(most, rows * columns) : most;
    }
  }
  return most;
}

/** What a quantised cache leaves out: all but the newest tokens, which stay as they are. */
function savedByCacheFormat(
  kept: number,
  format: IFormat,
  { kvFormat }: ICheckedOptions
): number {
  const share =
    kvElementBytes(kvFormat, format.elementBytes) / format.elementBytes;
  return Math.floor(kept * (1 - Math.min(1, share)));
}

function withAttention(
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
