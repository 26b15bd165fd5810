import type { IRange } from './context';
import { contextRange } from './context';
import type { IFormat, Runtime } from './formats';
import type { IGpu } from './options';
import type { Doubt, IModelShape, WeightPart } from './shape';

/** The figures that a runtime's model of itself gives. */
export interface IFigures {
  readonly weightsByPart: Record<WeightPart, number>;
  readonly weightsBytes: number;
  readonly kvCacheBytes: number;
  readonly activationBytes: number;
  readonly runtimeBytes: number;
  readonly peakBytes: number;
  /** What the process holds of the GPU apart from its context. */
  readonly reservedBytes: number;
  /** Segments that a load may leave reserved: 16-bit copies, one for each of its threads. */
  readonly leftoverBytes: number;
}

/** How far the true value may be below and above, as shares of the activations and of the rest. */
export interface IDoubtWidth {
  readonly below: number;
  readonly above: number;
}

/**
 * How sure the peak is, as shares of it.
 *
 * For known families the trace is exact to a percent where it was checked;
 * versions of transformers and attention kernels that allocate otherwise are
 * allowed for.
 */
export function doubtWidth(shape: IModelShape, format: IFormat): IDoubtWidth {
  const doubts = new Set<Doubt>(shape.doubts);
  const isGguf = format.runtime === 'llama.cpp';
  const base = isGguf && !shape.file ? 0.03 : 0.015;
  const unknown = doubts.has('unknown-architecture') ? 0.1 : 0;
  const recurrent = doubts.has('recurrent') ? 0.08 : 0;
  const partial = doubts.has('partial') ? 0.05 : 0;
  const eager = shape.eager ? 0.005 : 0;
  const more = unknown + recurrent + partial + eager;
  // Threads quantise side by side while loading, and leave gaps of up to 2.5 %.
  const gaps = format.isMadeOnLoad ? 0.02 : 0;
  const below = base + more + (mayBeKernels(shape) ? 0.5 : 0);
  return { below, above: base + 0.005 + gaps + 1.5 * more };
}

/** Whether an installed package (mamba-ssm) would take far less than what is planned with. */
function mayBeKernels(shape: IModelShape): boolean {
  return shape.layers.some(
    ({ attention }) =>
      attention.kind === 'recurrent' &&
      attention.widthPerToken > 100 * shape.hiddenSize
  );
}

/** What a runtime's figures come to on a GPU. */
export interface INeeds {
  readonly context: IRange;
  readonly peakBytes: IRange;
  readonly driverBytes: IRange;
}

/** What `figures` come to on `gpu`, given how sure they are. */
export function needsOf(
  figures: IFigures,
  gpu: IGpu | null,
  runtime: Runtime,
  width: IDoubtWidth
): INeeds {
  const context = contextRange(gpu, runtime);
  const peakBytes = peakRange(figures, width);
  const driverBytes = driverRange(figures, peakBytes, context, width);
  return { context, peakBytes, driverBytes };
}

/** What torch's allocator peaks at, given how sure that is. */
function peakRange(figures: IFigures, width: IDoubtWidth): IRange {
  const { peakBytes } = figures;
  return {
    low: Math.round(peakBytes * (1 - width.below)),
    likely: Math.round(peakBytes),
    high: Math.round(peakBytes * (1 + width.above))
  };
}

/**
 * What the driver says: what the allocator reserved, and the context.
 *
 * At least, nothing is reserved in vain; at most, unused pieces of segments add up.
 */
function driverRange(
  figures: IFigures,
  peak: IRange,
  context: IRange,
  width: IDoubtWidth
): IRange {
  const { reservedBytes } = figures;
  const likely = reservedBytes + context.likely;
  return {
    low: Math.round(
      Math.max(peak.low + context.low, likely * (1 - width.below - 0.03))
    ),
    likely: Math.round(likely),
    high: Math.round(
      reservedBytes * (1 + width.above + 0.02) +
        context.high +
        figures.leftoverBytes
    )
  };
}
