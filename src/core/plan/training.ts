import type { IRange } from './context';
import type { IFitPlan } from './fit';
import { planFit } from './fit';
import type { IFitOptions } from './options';
import type { IModelShape } from './shape';
import { layerTensors, parameterCounts } from './tensors';

/** How a model is trained. */
export type TrainingMethod =
  /** Every weight, AdamW: master weights, gradients and two moments. */
  | 'full'
  /** As `full`, with bitsandbytes's 8-bit moments. */
  | 'full-8bit'
  | 'lora'
  | 'qlora';

/** What is asked of `planTraining`. */
export interface ITrainingOptions {
  readonly method: TrainingMethod;
  readonly contextTokens?: number;
  readonly batch?: number;
  /** Rank of the adapters; 16 by default. */
  readonly rank?: number;
  /** Whether layers are computed again in the backward pass. */
  readonly isCheckpointed?: boolean;
  readonly gpus?: IFitOptions['gpus'];
}

/** What training takes: wider ranges than inference, since programs differ. */
export interface ITrainingPlan {
  readonly method: TrainingMethod;
  readonly weightsBytes: number;
  readonly gradientBytes: number;
  readonly optimizerBytes: number;
  readonly activationBytes: number;
  readonly trainedParameters: number;
  readonly peakBytes: IRange;
}

/** 32-bit master weight and two 32-bit moments of AdamW, for mixed precision. */
const ADAMW_BYTES = 12;
/** 32-bit master weight and two 8-bit moments, with a 32-bit scale for each 256. */
const ADAMW_8BIT_BYTES = 4 + 2 * (1 + 4 / 256);
const HALF_BYTES = 2;
const FLOAT_BYTES = 4;

/**
 * What training `shape` takes.
 *
 * Gradients and optimizer states are counted for each trained parameter;
 * activations are those that the backward pass needs of every layer, or of one
 * layer and the inputs of all when checkpointed, and the logits in 32 bit with
 * their gradient.
 *
 * @throws PlanError when an option is impossible.
 */
export function planTraining(
  shape: IModelShape,
  options: ITrainingOptions
): ITrainingPlan {
  const { method, rank = 16 } = options;
  const { contextTokens = 2048, batch = 1, gpus = [] } = options;
  const format = method === 'qlora' ? 'nf4-dq' : 'bf16';
  const plan = planFit(shape, { contextTokens, batch, gpus, format });
  const isFull = method === 'full' || method === 'full-8bit';
  const trainedParameters = isFull
    ? parameterCounts(shape).total
    : adapterParameters(shape, rank);
  const stateBytes = method === 'full-8bit' ? ADAMW_8BIT_BYTES : ADAMW_BYTES;
  const gradientBytes = HALF_BYTES * trainedParameters;
  const optimizerBytes = stateBytes * trainedParameters;
  const activationBytes = savedActivations(
    shape,
    contextTokens * batch,
    options.isCheckpointed ?? false
  );
  const adapters = isFull ? 0 : HALF_BYTES * trainedParameters;
  const likely =
    plan.weightsBytes +
    adapters +
    gradientBytes +
    optimizerBytes +
    activationBytes +
    plan.runtimeBytes;
  return {
    method,
    weightsBytes: plan.weightsBytes + adapters,
    gradientBytes,
    optimizerBytes,
    activationBytes,
    trainedParameters,
    peakBytes: range(plan, likely, activationBytes)
  };
}

function range(plan: IFitPlan, likely: number, activations: number): IRange {
  // The layers' own buffers come and go; attention may or may not be flash.
  return {
    low: Math.round(
      Math.max(plan.weightsBytes, likely - 0.35 * activations - 0.05 * likely)
    ),
    likely: Math.round(likely),
    high: Math.round(likely + 0.5 * activations + 0.1 * likely)
  };
}

/** Two matrices of `rank` at each linear layer. */
function adapterParameters(shape: IModelShape, rank: number): number {
  return shape.layers.reduce(
    (sum, layer) =>
      sum +
      layerTensors(shape, layer)
        .filter(({ isLinear }) => isLinear)
        .reduce((all, { rows, columns }) => all + rank * (rows + columns), 0),
    0
  );
}

function savedActivations(
  shape: IModelShape,
  tokens: number,
  isCheckpointed: boolean
): number {
  const perLayer = shape.layers.map(layer => {
    const { attention, feedForward } = layer;
    const heads =
      attention.kind === 'softmax'
        ? 2 * attention.heads * attention.headDim +
          2 * attention.kvHeads * attention.headDim
        : 4 * shape.hiddenSize;
    const width =
      feedForward?.kind === 'dense'
        ? (feedForward.form === 'plain' ? 2 : 4) * feedForward.width
        : feedForward?.kind === 'experts'
          ? feedForward.chosen *
              (4 * feedForward.width + 2 * shape.hiddenSize) +
            4 * feedForward.sharedWidth
          : 0;
    // Both norms keep their input in 32 bit.
    return (
      HALF_BYTES * (heads + width + 2 * shape.hiddenSize) +
      2 * FLOAT_BYTES * shape.hiddenSize
    );
  });
  const all = perLayer.reduce((sum, each) => sum + each, 0);
  const widest = perLayer.reduce((most, each) => Math.max(most, each), 0);
  const inputs = HALF_BYTES * shape.hiddenSize * shape.layers.length;
  const logits = shape.isEncoder ? 0 : 2 * FLOAT_BYTES * shape.vocabSize;
  return tokens * ((isCheckpointed ? inputs + widest : all) + logits);
}
