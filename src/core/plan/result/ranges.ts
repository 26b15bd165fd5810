import type { IRange } from './context';
import { contextRange } from './context';
import type { IFormat, Runtime } from '../formats/formats';
import type { IGpu } from './options';
import type { Uncertainty, IModelShape, WeightPart } from '../model/shape';

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

/** How far the true value may be below and above what is planned, as a share of it. */
interface IShares {
  readonly below: number;
  readonly above: number;
}

/** As shares of the peak, and of its parts besides. */
export interface IDoubtWidth extends IShares {
  readonly weights: IShares;
  readonly cache: IShares;
  readonly rest: IShares;
}

const NONE: IShares = { below: 0, above: 0 };
const SURE = { weights: NONE, cache: NONE, rest: NONE };
/**
 * Of an architecture that is not known. It may have no gate in its feed-forward
 * networks and no output of its own, or a third more of everything; most of its
 * layers may keep no keys and values; what they allocate meanwhile is not known.
 */
const UNKNOWN: Omit<IDoubtWidth, keyof IShares> = {
  weights: { below: 0.3, above: 0.15 },
  cache: { below: 0.85, above: 0.15 },
  rest: { below: 0.5, above: 2 }
};
/** Where its config has fields of structure that were not understood, besides. */
const UNREAD: typeof UNKNOWN = {
  weights: { below: 0.85, above: 0.8 },
  cache: { below: 0.85, above: 1.5 },
  rest: { below: 0.5, above: 4 }
};

/**
 * How sure the peak is, as shares of it.
 *
 * For known families the trace is exact to a percent where it was checked;
 * versions of transformers and attention kernels that allocate otherwise are
 * allowed for.
 */
export function doubtWidth(shape: IModelShape, format: IFormat): IDoubtWidth {
  const uncertainties = new Set<Uncertainty>(shape.uncertainties);
  const isGguf = format.runtime === 'llama.cpp';
  const base = isGguf && !shape.file ? 0.03 : 0.015;
  const unknown = uncertainties.has('unknown-architecture') ? 0.1 : 0;
  const recurrent = uncertainties.has('recurrent') ? 0.08 : 0;
  const partial = uncertainties.has('partial') ? 0.05 : 0;
  const eager = shape.eager ? 0.005 : 0;
  const more = unknown + recurrent + partial + eager;
  // Threads quantize side by side while loading, and leave gaps of up to 2.5 %.
  const gaps = format.isMadeOnLoad ? 0.02 : 0;
  const below = base + more + (mayBeKernels(shape) ? 0.5 : 0);
  return { below, above: base + 0.005 + gaps + 1.5 * more, ...partsOf(shape) };
}

/** What is unsure of the parts; a file has said what its weights are. */
function partsOf(shape: IModelShape): typeof UNKNOWN {
  if (!shape.uncertainties.includes('unknown-architecture')) {
    return SURE;
  }
  const parts = shape.uncertainties.includes('unread-fields')
    ? UNREAD
    : UNKNOWN;
  return shape.file ? { ...parts, weights: NONE } : parts;
}

/** How many bytes `figures` may be off, beyond their share of the peak. */
function offBy(
  figures: IFigures,
  width: IDoubtWidth,
  side: keyof IShares
): number {
  return (
    figures.weightsBytes * width.weights[side] +
    figures.kvCacheBytes * width.cache[side] +
    figures.activationBytes * width.rest[side]
  );
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
    low: Math.round(
      Math.max(
        0,
        peakBytes * (1 - width.below) - offBy(figures, width, 'below')
      )
    ),
    likely: Math.round(peakBytes),
    high: Math.round(
      peakBytes * (1 + width.above) + offBy(figures, width, 'above')
    )
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
      Math.max(
        peak.low + context.low,
        likely * (1 - width.below - 0.03) - offBy(figures, width, 'below')
      )
    ),
    likely: Math.round(likely),
    high: Math.round(
      reservedBytes * (1 + width.above + 0.02) +
        offBy(figures, width, 'above') +
        context.high +
        figures.leftoverBytes
    )
  };
}
