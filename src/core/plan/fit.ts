import type { IRange } from './result/context';
import type { ISplitPlan } from './result/devices';
import { judged } from './result/verdict';
import type { IVerdict } from './result/verdict';
import { simulate } from './torch/simulate';
import { formatFor } from './formats/formats';
import { llamaFigures } from './llamacpp/llamacpp';
import type { INote } from './result/notes';
import { notesOf } from './result/notes';
import type { IFitOptions, IGpu } from './result/options';
import { checked } from './result/options';
import type { IFormat } from './formats/formats';
import { doubtWidth, needsOf } from './result/ranges';
import type { IModelShape, WeightPart } from './model/shape';

/** What a model takes in one format, and whether it fits. */
export interface IFitPlan {
  readonly format: string;
  readonly runtime: IFormat['runtime'];
  readonly contextTokens: number;
  readonly weightsBytes: number;
  readonly weightsByPart: Readonly<Record<WeightPart, number>>;
  /** Keys and values of the whole context (and states, where layers have them). */
  readonly kvCacheBytes: number;
  /** What lives besides at the widest moment of the prefill. */
  readonly activationBytes: number;
  /** Buffers of the libraries: cuBLAS's workspace. */
  readonly runtimeBytes: number;
  /** The CUDA context, which torch's allocator does not count. */
  readonly contextBytes: number;
  /** What torch's allocator peaks at; for GGUF, llama.cpp's own buffers. */
  readonly peakBytes: IRange;
  /** What `nvidia-smi` will say of the process. */
  readonly driverBytes: IRange;
  /** Whether it fits, for each GPU, and on all of them together. */
  readonly verdicts: readonly IVerdict[];
  readonly notes: readonly INote[];
  /** What each GPU gets, in a plan for several together: all else is their sum. */
  readonly split?: ISplitPlan;
}

/** `planFit`, or `planAcross` for several GPUs together. */
export type Planning = (shape: IModelShape, options: IFitOptions) => IFitPlan;

/** @see IFitPlan */
export type FitPlan = IFitPlan;

/**
 * What `shape` takes with `options`.
 *
 * Every term is a sum of tensors with the sizes that the program allocates: see
 * `forward.ts` and `allocator.ts`, whose figures a real H100 confirmed to 0.1 %.
 *
 * @throws PlanError when an option is impossible.
 */
export function planFit(
  shape: IModelShape,
  options: IFitOptions = {}
): IFitPlan {
  const asked = checked(options);
  const format = formatFor(shape, options.format !== undefined, asked);
  const gpu: IGpu | null = asked.gpus[0] ?? null;
  const figures =
    format.runtime === 'llama.cpp'
      ? llamaFigures(shape, format, asked)
      : simulate(shape, format, asked);
  const width = doubtWidth(shape, format);
  const needs = needsOf(figures, gpu, format.runtime, width);
  const { context, peakBytes, driverBytes } = needs;
  const plan = {
    format: format.name,
    runtime: format.runtime,
    contextTokens: asked.contextTokens,
    weightsBytes: figures.weightsBytes,
    weightsByPart: figures.weightsByPart,
    kvCacheBytes: figures.kvCacheBytes,
    activationBytes: figures.activationBytes,
    runtimeBytes: figures.runtimeBytes,
    contextBytes: context.likely,
    peakBytes,
    driverBytes
  };
  return {
    ...plan,
    verdicts: judged(plan, asked),
    notes: notesOf(shape, format, asked)
  };
}
