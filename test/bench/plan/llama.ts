import { modelShape, planFit, planSplit } from '../../../src/core/plan';
import type { IScore } from './report';
import { scorer } from './report';
import { H100 } from './split';

/** One row of `llama_flow.py`: what llama.cpp said of its buffers, in bytes. */
export interface ILlamaRow {
  readonly model: string;
  readonly config: unknown;
  readonly format: string;
  readonly context: number;
  /** Layers of each GPU, the output being one more. */
  readonly tensor_split: readonly number[];
  readonly buffers: Readonly<
    Record<string, { model?: number; KV?: number; compute?: number }>
  >;
  /** What the driver's figure for each GPU grew by, the CUDA context included. */
  readonly used_after_prefill: readonly number[];
}

/** How far each GPU's share of a plan is from what llama.cpp allocated there. */
export function scoreLlama(row: ILlamaRow): IScore[] {
  const start = performance.now();
  const devices = devicesOf(row);
  const milliseconds = performance.now() - start;
  return devices.flatMap((device, gpu) => {
    const {
      model = NaN,
      KV = NaN,
      compute = NaN
    } = row.buffers[`CUDA${gpu}`] ?? {};
    const name = `${row.model} ${row.format} ${row.context} GPU ${gpu} of ${devices.length}`;
    const score = scorer(name, milliseconds);
    const { kvCacheBytes, activationBytes, peakBytes, driverBytes } = device;
    const driver = row.used_after_prefill[gpu] ?? NaN;
    // One GPU's plan also counts the input embedding, which stays in the computer's memory.
    const weightsBytes = peakBytes.likely - kvCacheBytes - activationBytes;
    return [
      score('llama weights', weightsBytes, model),
      score('llama cache', kvCacheBytes, KV),
      score('llama compute', activationBytes, compute),
      score('llama peak', peakBytes.likely, model + KV + compute, peakBytes),
      score('llama driver', driverBytes.likely, driver, driverBytes)
    ];
  });
}

function devicesOf({ config, format, context, tensor_split }: ILlamaRow) {
  const shape = modelShape(config);
  const gpus = tensor_split.map(() => H100);
  const options = { format, contextTokens: context, gpus };
  return gpus.length > 1
    ? planSplit(shape, { ...options, tensorSplit: tensor_split }).devices
    : [planFit(shape, options)];
}
