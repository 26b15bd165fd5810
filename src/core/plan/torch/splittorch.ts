import { prefillAcross } from './across';
import { TorchAllocator } from './allocator';
import { contextRange, workspaceBytes } from '../result/context';
import type { IModuleSizes, IPlacement, MapBuffer } from './devicemap';
import { balanced, placementOf } from './devicemap';
import type { IFormat } from '../formats/formats';
import type { ICheckedOptions, IGpu } from '../result/options';
import type { IModelShape, ITensor } from '../model/shape';
import type { Loaded } from './simulate';
import {
  figuresOf,
  largestMatrix,
  leftoverBytes,
  load,
  traceFor,
  withAttention
} from './simulate';
import type {
  DeviceMapKind,
  IArranged,
  IDevicePlan,
  IShare
} from '../result/devices';
import { visitTensors } from '../model/tensors';
import { devicesOf, NOT_ARRANGED } from '../result/devices';
import type { AllocationTrace } from './trace';
import { GIB } from '../../text/units';
import { available } from '../result/verdict';

/** What bitsandbytes leaves of each limit, for what it makes while it quantizes. */
const QUANTISER_SHARE = 0.9;
/** How often limits are lowered where a GPU would hold too much besides its weights. */
const ATTEMPTS = 24;
/** Limits are written with one digit after the point. */
const STEPS_PER_GIB = 10;

/**
 * What `from_pretrained` makes of `limits` in bytes, as `max_memory`; without
 * them, of limits with which everything fits.
 *
 * `auto` gives no GPU but the last much more than an equal share, so it can't use
 * a large one before a small one; then it is `sequential`.
 */
export function torchSplit(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  limits: readonly number[] | null,
  buffer: MapBuffer | undefined
): IArranged {
  const sizes = moduleSizes(shape, format);
  const share = format.isMadeOnLoad ? QUANTISER_SHARE : 1;
  const place: Place = (kind, bytes) =>
    placementOf(sizes, bytes, kind, share, buffer);
  const arrange = (
    deviceMap: DeviceMapKind,
    maxMemoryBytes: readonly number[]
  ): IArranged => {
    const placement = place(deviceMap, maxMemoryBytes);
    if (placement === null) {
      return NOT_ARRANGED;
    }
    const shares = sharesOf(shape, format, options, placement);
    const devices = devicesOf(shape, format, options, shares);
    return { devices, deviceMap, maxMemoryBytes, tensorSplit: null };
  };
  if (limits !== null) {
    return arrange('auto', limits);
  }
  const room = options.gpus.map(gpu => roomFor(gpu, options));
  // Limits that are narrower than any version's own, so that every version makes the same map.
  const even = balanced(sizes, room, 'layer');
  const auto = fitted('auto', even, options, place, arrange);
  const over = overflow(auto, options);
  if (over <= 0) {
    return auto;
  }
  const sequential = fitted('sequential', room, options, place, arrange);
  return overflow(sequential, options) < over ? sequential : auto;
}

/** Where modules go under limits in bytes; null where they don't all find a place. */
type Place = (
  kind: DeviceMapKind,
  limits: readonly number[]
) => IPlacement | null;

/** How much too much the fullest GPU would hold in bytes, at most. */
function overflow(
  { devices }: IArranged,
  { headroomBytes }: ICheckedOptions
): number {
  return devices.length === 0
    ? Infinity
    : Math.max(...devices.map(device => excess(device, headroomBytes)));
}

function excess(device: IDevicePlan, headroomBytes: number): number {
  const need = device.driverBytes.high;
  return need === 0 ? 0 : need + headroomBytes - device.availableBytes;
}

/** Bytes that weights, cache and activations may take of one GPU. */
function roomFor(gpu: IGpu, { headroomBytes }: ICheckedOptions): number {
  const beside = contextRange(gpu, 'transformers').high + workspaceBytes(gpu);
  return Math.max(0, available(gpu) - headroomBytes - beside);
}

/** Lowers the limits of GPUs that would hold too much until none does; else the best that was seen. */
function fitted(
  kind: DeviceMapKind,
  most: readonly number[],
  options: ICheckedOptions,
  place: Place,
  arrange: (kind: DeviceMapKind, limits: readonly number[]) => IArranged
): IArranged {
  const { headroomBytes } = options;
  let steps = most.map(stepsIn);
  let best = NOT_ARRANGED;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const arranged = arrange(kind, steps.map(bytesOf));
    if (overflow(arranged, options) < overflow(best, options)) {
      best = arranged;
    }
    const full = arranged.devices.find(each => excess(each, headroomBytes) > 0);
    if (full === undefined) {
      return best;
    }
    const over = excess(full, headroomBytes);
    steps = lowered(full, over, steps, limits => place(kind, limits));
  }
  return best;
}

/** Limits with which fewer layers go on a GPU that would hold `over` bytes too much. */
function lowered(
  { index, layers, weightsBytes, kvCacheBytes }: IDevicePlan,
  over: number,
  steps: readonly number[],
  place: (limits: readonly number[]) => IPlacement | null
): number[] {
  const each = (weightsBytes + kvCacheBytes) / Math.max(1, layers.count);
  const most = layers.count - Math.max(1, Math.floor(over / each));
  const withLimit = (limit: number): number[] =>
    steps.map((step, gpu) => (gpu === index ? limit : step));
  const isLowEnough = (limit: number): boolean => {
    const homes = place(withLimit(limit).map(bytesOf))?.layers ?? [];
    return homes.filter(gpu => gpu === index).length <= most;
  };
  let [low, high] = [0, steps[index] ?? 0];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    [low, high] = isLowEnough(middle) ? [middle, high] : [low, middle];
  }
  return withLimit(low);
}

/** Limits are counted in steps of a tenth of a GiB, as a cell has them. */
function stepsIn(bytes: number): number {
  return Math.max(0, Math.floor((bytes * STEPS_PER_GIB) / GIB));
}

function bytesOf(steps: number): number {
  return Math.floor((steps / STEPS_PER_GIB) * GIB);
}

/** The sizes by which transformers places modules. */
function moduleSizes(shape: IModelShape, format: IFormat): IModuleSizes {
  const embeddings: number[] = [];
  const layers = shape.layers.map(() => 0);
  let [norm, head] = [0, 0];
  visitTensors(shape, (tensor, layer) => {
    const stored = format.stored(shape, tensor, layer);
    // What a quantizer makes besides the packed weights is not counted.
    const bytes = format.isMadeOnLoad
      ? (stored[0] ?? 0)
      : stored.reduce((sum, each) => sum + each, 0);
    if (layer >= 0) {
      layers[layer] = (layers[layer] ?? 0) + bytes;
    } else if (tensor.part === 'embedding') {
      embeddings.push(bytes);
    } else if (tensor.part === 'output') {
      head += bytes;
    } else {
      norm += bytes;
    }
  });
  return {
    embeddings,
    layers,
    norm,
    rotary: 0,
    head: shape.isTied ? null : head
  };
}

/** The GPU of a weight; layer -1 is outside. */
function homeOf(tensor: ITensor, layer: number, placement: IPlacement): number {
  return layer >= 0
    ? (placement.layers[layer] ?? 0)
    : tensor.part === 'embedding'
      ? placement.embedding
      : tensor.part === 'output'
        ? placement.head
        : placement.norm;
}

/** A load and a prefill with an allocator for each GPU; null for one without weights. */
function sharesOf(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  placement: IPlacement
): (IShare | null)[] {
  const loaded = options.gpus.map((gpu, index) =>
    loadedOn(index, gpu, shape, format, options, placement)
  );
  prefillAcross(
    loaded.map(({ trace }) => trace),
    withAttention(shape, options),
    placement
  );
  return loaded.map(({ trace, count, known }, index) =>
    known.weightsBytes === 0
      ? null
      : {
          layers: {
            first: Math.max(0, placement.layers.indexOf(index)),
            count
          },
          hasEmbedding: placement.embedding === index,
          hasHead: placement.head === index,
          figures: figuresOf(trace, format, options, known)
        }
  );
}

/** One GPU after the load, with its buffers, before the prefill. */
interface ILoaded {
  readonly trace: AllocationTrace;
  /** Layers on it. */
  readonly count: number;
  readonly known: Loaded;
}

function loadedOn(
  index: number,
  gpu: IGpu,
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  placement: IPlacement
): ILoaded {
  const allocator = new TorchAllocator();
  const weightsByPart = load(
    allocator,
    shape,
    format,
    (tensor, layer) => homeOf(tensor, layer, placement) === index
  );
  const weightsBytes = allocator.allocatedBytes;
  allocator.resetPeak();
  const count = placement.layers.filter(each => each === index).length;
  const hasLayers = count > 0;
  const multiplies = hasLayers || placement.head === index;
  const runtimeBytes =
    (multiplies ? workspaceBytes(gpu) : 0) +
    (hasLayers ? format.held(largestMatrix(shape)) : 0);
  allocator.allocate(runtimeBytes);
  return {
    trace: traceFor(allocator, format, options),
    count,
    known: {
      weightsByPart,
      weightsBytes,
      runtimeBytes,
      leftoverBytes: hasLayers ? leftoverBytes(shape, format) : 0
    }
  };
}
