import type { IFormat } from '../formats/formats';
import {
  asBuffers,
  computeBytes,
  layerBytes,
  llamaCacheBytes,
  llamaFigures
} from './llamacpp';
import type { ICheckedOptions, IGpu } from '../result/options';
import type { IModelShape } from '../model/shape';
import { noWeights } from '../model/tensors';
import type { IArranged, IShare } from '../result/devices';
import { devicesOf, NOT_ARRANGED } from '../result/devices';
import { doubtWidth, needsOf } from '../result/ranges';
import { available } from '../result/verdict';

/** Copies of every input that wait their turn, where GPUs take turns (`GGML_SCHED_MAX_COPIES`). */
const COPIES = 4;
/** Halvings of the share of each GPU that is filled. */
const HALVINGS = 12;
/** How many times over a GPU may be filled, to say how much is missing. */
const MOST_FILLED = 16;

/** The share of layers `first` to `first + count`, the output being one more. */
type ShareOf = (first: number, count: number) => IShare;

/**
 * What llama.cpp makes of a `--tensor-split`: of `asked`, or of the one that fills
 * every GPU to the same part of its room, or of `limits` in bytes.
 */
export function llamaSplit(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  limits: readonly number[] | null,
  asked: readonly number[] | null
): IArranged {
  const shareOf = sharer(shape, format, options);
  const counts = asked ?? evenCounts(shape, format, options, limits, shareOf);
  if (counts === null) {
    return NOT_ARRANGED;
  }
  let first = 0;
  const shares = counts.map(count => {
    const share = count === 0 ? null : shareOf(first, count);
    first += count;
    return share;
  });
  return {
    ...NOT_ARRANGED,
    devices: devicesOf(shape, format, options, shares),
    tensorSplit: counts
  };
}

/** The counts that fill each GPU to the same part of its room, the smallest that will do. */
function evenCounts(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions,
  limits: readonly number[] | null,
  shareOf: ShareOf
): number[] | null {
  const width = doubtWidth(shape, format);
  const needOf = ({ figures }: IShare, gpu: IGpu): number =>
    needsOf(figures, gpu, format.runtime, width).driverBytes.high;
  const countsAt = (filled: number): number[] | null =>
    countsFor(
      shape.layers.length + 1,
      options.gpus,
      (gpu, index, first, count) => {
        const free = available(gpu) - options.headroomBytes;
        const room = filled * Math.min(free, limits?.[index] ?? Infinity);
        return needOf(shareOf(first, count), gpu) <= room;
      }
    );
  let [low, high] = [0, MOST_FILLED];
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    [low, high] = countsAt(middle) ? [low, middle] : [middle, high];
  }
  // What just fits must not fail for the steps being coarse.
  return (low < 1 && high > 1 ? countsAt(1) : null) ?? countsAt(high);
}

/** How many layers each GPU takes; null where some are left over. */
function countsFor(
  total: number,
  gpus: readonly IGpu[],
  takes: (gpu: IGpu, index: number, first: number, count: number) => boolean
): number[] | null {
  let first = 0;
  const counts = gpus.map((gpu, index) => {
    let count = 0;
    while (first + count < total && takes(gpu, index, first, count + 1)) {
      count += 1;
    }
    first += count;
    return count;
  });
  return first < total ? null : counts;
}

function sharer(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): ShareOf {
  const layers = layerBytes(shape, format.name);
  const sums = [0];
  layers.forEach((bytes, index) => sums.push((sums[index] ?? 0) + bytes));
  const whole = llamaFigures(shape, format, options);
  const onGpu = whole.peakBytes - whole.kvCacheBytes - whole.activationBytes;
  const outputBytes = Math.max(0, onGpu - (sums[layers.length] ?? 0));
  return (first, count) => {
    const end = Math.min(first + count, layers.length);
    const hasHead = first + count > layers.length;
    const part = { ...shape, layers: shape.layers.slice(first, end) };
    const weightsBytes =
      (sums[end] ?? 0) - (sums[first] ?? 0) + (hasHead ? outputBytes : 0);
    const kvCacheBytes = llamaCacheBytes(part, options);
    const activationBytes = computeBytes(part, options, {
      hasOutput: hasHead,
      copies: COPIES
    });
    const peakBytes = weightsBytes + kvCacheBytes + activationBytes;
    return {
      layers: { first, count: end - first },
      // The input embedding stays in the computer's memory.
      hasEmbedding: false,
      hasHead,
      figures: {
        weightsByPart: noWeights(),
        weightsBytes,
        kvCacheBytes,
        activationBytes,
        ...asBuffers(peakBytes)
      }
    };
  };
}
