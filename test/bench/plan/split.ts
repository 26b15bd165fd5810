import { modelShape, planSplit } from '../../../src/core/plan';
import type { IScore } from './report';
import { scorer } from './report';

/** One row of `split_flow.py`: what was measured is in bytes, one figure for each GPU. */
export interface ISplitRow {
  readonly model: string;
  readonly config: unknown;
  readonly dtype: string;
  readonly context: number;
  readonly max_memory_bytes: readonly number[];
  readonly device_map: { readonly layers: readonly number[] };
  readonly weights: readonly number[];
  readonly peak: readonly number[];
  readonly driver_used?: readonly number[];
}

/** The GPUs that were measured. */
export const H100 = {
  name: 'H100',
  totalBytes: 80 * 2 ** 30,
  freeBytes: null,
  computeCapability: [9, 0]
} as const;

/** How far each GPU's share of a plan is from what was measured there. */
export function scoreSplit(row: ISplitRow): IScore[] {
  const start = performance.now();
  const plan = planSplit(modelShape(row.config), {
    format: row.dtype,
    contextTokens: row.context,
    gpus: row.max_memory_bytes.map(() => H100),
    maxMemoryBytes: row.max_memory_bytes,
    // Measured with transformers 5.17.
    mapBuffer: 'layer'
  });
  const milliseconds = performance.now() - start;
  return row.peak.flatMap((peak, gpu) => {
    const device = plan.devices[gpu];
    const layers = device?.layers.count ?? NaN;
    const expected = row.device_map.layers[gpu] ?? NaN;
    const name = `${row.model} ${row.dtype} ${row.context} GPU ${gpu}, ${layers} of ${expected} layers`;
    const score = scorer(name, milliseconds);
    const { peakBytes, driverBytes } = device ?? {};
    const driver = row.driver_used?.[gpu];
    return [
      score(
        'split weights',
        device?.weightsBytes ?? NaN,
        row.weights[gpu] ?? NaN
      ),
      score('split peak', peakBytes?.likely ?? NaN, peak, peakBytes),
      ...(driver === undefined
        ? []
        : [
            score(
              'split driver',
              driverBytes?.likely ?? NaN,
              driver,
              driverBytes
            )
          ])
    ];
  });
}
