import { needsMask } from './traceattention';
import type { IPlacement } from './devicemap';
import { embedded, layerOut, LONG, logits, rotaryTables } from './forward';
import { normed } from './tracenorm';
import type { ILayer, IModelShape } from '../model/shape';
import type { Tape, Tensor } from './trace';

/**
 * A prefill over several GPUs, each with a tape of its own.
 *
 * accelerate's hooks run every module where its weights are, and bring it what it
 * is called with: the hidden states once for each GPU, positions and masks anew
 * for every layer that is not where they were made.
 */
export function prefillAcross(
  tapes: readonly Tape[],
  shape: IModelShape,
  placement: IPlacement
): void {
  const tapeOf = (gpu: number): Tape => tapes[gpu] as Tape;
  const home = tapeOf(placement.embedding);
  const turning = tapeOf(placement.rotary);
  const prelude = embedded(home, shape, turning === home);
  const tables = turning === home ? [] : tablesElsewhere(turning, shape);
  let hidden: Tensor = prelude.hidden;
  let place = home;
  shape.layers.forEach((layer, index) => {
    const tape = tapeOf(placement.layers[index] ?? 0);
    const input = tape === place ? hidden : tape.make(shape.hiddenSize);
    const brought = broughtTo(tape, home, turning, shape, layer);
    const out = layerOut(tape, shape, layer);
    tape.free(...brought, input === hidden ? null : input);
    if (hidden !== prelude.hidden || !prelude.isHeld) {
      place.free(hidden);
    }
    hidden = out;
    place = tape;
  });
  const last = tapeOf(placement.norm);
  const input = last === place ? null : last.make(shape.hiddenSize);
  const clean = normed(last, shape.norm, shape.hiddenSize);
  tapes.forEach(tape => tape.holdOver(null));
  last.free(input);
  place.free(hidden);
  home.free(...prelude.held);
  turning.free(...tables);
  logits(tapeOf(placement.head), shape);
  last.free(clean);
}

/** Cosines and sines on another GPU than the embedding's, which get a copy of its output. */
function tablesElsewhere(tape: Tape, shape: IModelShape): Tensor[] {
  if (rotaryWidth(shape) === 0) {
    return [];
  }
  const copies = [tape.make(shape.hiddenSize), tape.make(1, LONG)];
  const tables = rotaryTables(tape, shape);
  tape.free(...copies);
  return tables;
}

/** Copies of what is made on other GPUs, for one layer. */
function broughtTo(
  tape: Tape,
  home: Tape,
  turning: Tape,
  shape: IModelShape,
  layer: ILayer
): Tensor[] {
  const { window } = layer.attention;
  const width = rotaryWidth(shape);
  const pairs = tape.sequences * tape.length ** 2;
  const isMasked = shape.eager !== null || needsMask(tape, shape, window);
  return [
    ...(tape === home
      ? []
      : [
          isMasked
            ? tape.makeBytes(pairs * (shape.eager ? tape.elementBytes : 1))
            : null,
          tape.make(1, LONG)
        ]),
    ...(tape === turning || width === 0
      ? []
      : [tape.make(width), tape.make(width)])
  ];
}

function rotaryWidth(shape: IModelShape): number {
  return shape.layers.reduce(
    (most, { attention }) =>
      Math.max(most, attention.kind === 'recurrent' ? 0 : attention.rotaryDim),
    0
  );
}
