import { needsMask } from './traceattention';
import type { IPlacement } from './devicemap';
import { embedded, layerOut, LONG, logits, rotaryTables } from './forward';
import { traceNorm } from './tracenorm';
import type { ILayer, IModelShape } from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

/**
 * A prefill over several GPUs, each with a trace of its own.
 *
 * accelerate's hooks run every module where its weights are, and bring it what it
 * is called with: the hidden states once for each GPU, positions and masks anew
 * for every layer that is not where they were made.
 */
export function prefillAcross(
  traces: readonly AllocationTrace[],
  shape: IModelShape,
  placement: IPlacement
): void {
  const tapeOf = (gpu: number): AllocationTrace =>
    traces[gpu] as AllocationTrace;
  const home = tapeOf(placement.embedding);
  const turning = tapeOf(placement.rotary);
  const prelude = embedded(home, shape, turning === home);
  const tables = turning === home ? [] : tablesElsewhere(turning, shape);
  let hidden: Tensor = prelude.hidden;
  let place = home;
  shape.layers.forEach((layer, index) => {
    const trace = tapeOf(placement.layers[index] ?? 0);
    const input = trace === place ? hidden : trace.make(shape.hiddenSize);
    const brought = broughtTo(trace, home, turning, shape, layer);
    const out = layerOut(trace, shape, layer);
    trace.free(...brought, input === hidden ? null : input);
    if (hidden !== prelude.hidden || !prelude.isHeld) {
      place.free(hidden);
    }
    hidden = out;
    place = trace;
  });
  const last = tapeOf(placement.norm);
  const input = last === place ? null : last.make(shape.hiddenSize);
  const clean = traceNorm(last, shape.norm, shape.hiddenSize);
  traces.forEach(trace => trace.holdOver(null));
  last.free(input);
  place.free(hidden);
  home.free(...prelude.held);
  turning.free(...tables);
  logits(tapeOf(placement.head), shape);
  last.free(clean);
}

/** Cosines and sines on another GPU than the embedding's, which get a copy of its output. */
function tablesElsewhere(trace: AllocationTrace, shape: IModelShape): Tensor[] {
  if (rotaryWidth(shape) === 0) {
    return [];
  }
  const copies = [trace.make(shape.hiddenSize), trace.make(1, LONG)];
  const tables = rotaryTables(trace, shape);
  trace.free(...copies);
  return tables;
}

/** Copies of what is made on other GPUs, for one layer. */
function broughtTo(
  trace: AllocationTrace,
  home: AllocationTrace,
  turning: AllocationTrace,
  shape: IModelShape,
  layer: ILayer
): Tensor[] {
  const { window } = layer.attention;
  const width = rotaryWidth(shape);
  const pairs = trace.sequences * trace.length ** 2;
  const isMasked = shape.eager !== null || needsMask(trace, shape, window);
  return [
    ...(trace === home
      ? []
      : [
          isMasked
            ? trace.makeBytes(pairs * (shape.eager ? trace.elementBytes : 1))
            : null,
          trace.make(1, LONG)
        ]),
    ...(trace === turning || width === 0
      ? []
      : [trace.make(width), trace.make(width)])
  ];
}

function rotaryWidth(shape: IModelShape): number {
  return shape.layers.reduce(
    (most, { attention }) =>
      Math.max(most, attention.kind === 'recurrent' ? 0 : attention.rotaryDim),
    0
  );
}
