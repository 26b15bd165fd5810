import type { IGpu } from '../../../src/core/plan';
import { modelShape, planFit, planSplit } from '../../../src/core/plan';
import type { IScore } from './report';

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

/** The GPUs that were measured. */
const HOPPER: IGpu = {
  name: 'H200',
  totalBytes: 140 * 2 ** 30,
  freeBytes: null,
  computeCapability: [9, 0]
};

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
    const { peakBytes, driverBytes } = device;
    const of = { name, milliseconds, band: null };
    return [
      {
        ...of,
        what: 'llama weights',
        planned: device.weightsBytes,
        measured: model
      },
      {
        ...of,
        what: 'llama cache',
        planned: device.kvCacheBytes,
        measured: KV
      },
      {
        ...of,
        what: 'llama compute',
        planned: device.activationBytes,
        measured: compute
      },
      {
        ...of,
        what: 'llama peak',
        planned: peakBytes.likely,
        measured: model + KV + compute,
        band: peakBytes
      },
      {
        ...of,
        what: 'llama driver',
        planned: driverBytes.likely,
        measured: row.used_after_prefill[gpu] ?? NaN,
        band: driverBytes
      }
    ];
  });
}

function devicesOf({ config, format, context, tensor_split }: ILlamaRow) {
  const shape = modelShape(config);
  const options = {
    format,
    contextTokens: context,
    gpus: tensor_split.map(() => HOPPER)
  };
  if (tensor_split.length > 1) {
    return planSplit(shape, { ...options, tensorSplit: tensor_split }).devices;
  }
  const plan = planFit(shape, options);
  // The input embedding stays in the computer's memory; a tied output is a copy of it.
  const hostBytes = shape.isTied ? 0 : plan.weightsByPart.embedding;
  return [{ ...plan, weightsBytes: plan.weightsBytes - hostBytes }];
}
