import { attended } from './traceattention';
import { fed } from './tracemlp';
import { normed } from './tracenorm';
import type { ILayer, IModelShape } from '../model/shape';
import type { Tape, Tensor } from './trace';

const WIDE = 4;
/** `torch.long`, of token and position ids. */
export const LONG = 8;

/**
 * One prefill, as transformers 5 runs it in eager PyTorch under `no_grad`: the
 * prompt's embeddings, every layer, and the logits of the last token.
 *
 * What is kept at the end is the cache (`tape.kept`) and the logits.
 */
export function prefill(tape: Tape, shape: IModelShape): void {
  const { hiddenSize, layers } = shape;
  const prelude = embedded(tape, shape);
  let hidden: Tensor = prelude.hidden;
  for (const layer of layers) {
    const out = layerOut(tape, shape, layer);
    // The first input is the embedding, which the model itself still holds.
    if (hidden !== prelude.hidden || !prelude.isHeld) {
      tape.free(hidden);
    }
    hidden = out;
  }
  const last = normed(tape, shape.norm, hiddenSize);
  tape.holdOver(null);
  tape.free(hidden, ...prelude.held);
  logits(tape, shape);
  tape.free(last);
}

/** What lives as long as the layers run. */
export interface IPrelude {
  readonly hidden: Tensor;
  readonly held: readonly Tensor[];
  readonly isHeld: boolean;
}

/** The embeddings; without the tables of rotary positions where another GPU makes them. */
export function embedded(
  tape: Tape,
  shape: IModelShape,
  hasTables = true
): IPrelude {
  const { hiddenSize } = shape;
  const isLearned = shape.outer.some(({ role }) => role === 'position_embd');
  const ids = tape.make(1, LONG);
  const embedding = tape.make(hiddenSize);
  const positions = tape.make(1, LONG);
  const masks = slidingMask(tape, shape);
  if (isLearned) {
    const table = tape.make(hiddenSize);
    const sum = tape.make(hiddenSize);
    if (shape.isEncoder) {
      tape.free(embedding, table, positions);
      return { hidden: sum, held: [ids, sum, ...masks], isHeld: true };
    }
    return {
      hidden: sum,
      held: [ids, embedding, table, positions, ...masks],
      isHeld: false
    };
  }
  const turns = hasTables ? rotaryTables(tape, shape) : [];
  return {
    hidden: embedding,
    held: [ids, embedding, positions, ...masks, ...turns],
    isHeld: true
  };
}

/** Cosines and sines, made in 32 bit and kept in the model's type. */
export function rotaryTables(tape: Tape, shape: IModelShape): Tensor[] {
  const widths = shape.layers.map(({ attention }) =>
    attention.kind === 'recurrent' ? 0 : attention.rotaryDim
  );
  const width = widths.reduce((most, each) => Math.max(most, each), 0);
  const tables = Array.from({ length: 3 }, () => tape.make(width, WIDE));
  const kept = Array.from({ length: 2 * shape.rotaryTables }, () =>
    tape.make(width)
  );
  tape.free(...tables);
  return kept;
}

/** A mask of all pairs of tokens, where a window is exceeded or a family always has one. */
export function slidingMask(tape: Tape, shape: IModelShape): Tensor[] {
  const isExceeded = shape.layers.some(
    ({ attention }) =>
      attention.window !== null && tape.length >= attention.window
  );
  if (!isExceeded && !shape.isMasked && !shape.eager) {
    return [];
  }
  const pairs = tape.sequences * tape.length ** 2;
  if (shape.isEncoder) {
    // Distances to both sides are taken in 64 bit, and made absolute.
    const distances = [
      tape.makeBytes(LONG * pairs),
      tape.makeBytes(LONG * pairs)
    ];
    tape.free(...distances);
  }
  const causal = tape.makeBytes(pairs);
  const first = tape.makeBytes(pairs);
  tape.free(causal);
  const near = tape.makeBytes(pairs);
  const both = tape.makeBytes(pairs);
  tape.free(first, near);
  if (!shape.eager) {
    return [both];
  }
  const bias = tape.makeBytes(pairs * tape.elementBytes);
  tape.free(both);
  return [bias];
}

/** The output of a layer; its input lives on. */
export function layerOut(
  tape: Tape,
  shape: IModelShape,
  layer: ILayer
): Tensor {
  switch (shape.block) {
    case 'parallel':
    case 'parallel-two':
      return parallel(tape, shape, layer);
    case 'sequential':
    case 'sandwich':
    case 'post':
    case 'encoder':
      return sequential(tape, shape, layer);
  }
}

function sequential(tape: Tape, shape: IModelShape, layer: ILayer): Tensor {
  let scores: Tensor = null;
  const attention = step(tape, shape, () => {
    const scored = attended(tape, shape, layer.attention);
    scores = scored.scores;
    return scored.out;
  });
  const { feedForward } = layer;
  if (!feedForward) {
    release(tape, shape, scores);
    return attention;
  }
  const extra = shape.extraHeld > 0 ? tape.make(shape.hiddenSize) : null;
  const out = step(tape, shape, () => fed(tape, shape.hiddenSize, feedForward));
  tape.free(attention, extra);
  release(tape, shape, scores);
  return out;
}

/** A norm, `part`, perhaps another norm, and the sum with the input. */
function step(tape: Tape, shape: IModelShape, part: () => Tensor): Tensor {
  const { block, norm, hiddenSize } = shape;
  const hasFirst = block === 'sequential' || block === 'sandwich';
  const hasSecond = block === 'sandwich' || block === 'post';
  const input = hasFirst ? normed(tape, norm, hiddenSize) : null;
  let out = part();
  tape.free(input);
  if (hasSecond) {
    const clean = normed(tape, norm, hiddenSize);
    tape.free(out);
    out = clean;
  }
  const sum = tape.make(hiddenSize);
  tape.free(out);
  if (block !== 'encoder') {
    return sum;
  }
  const clean = normed(tape, norm, hiddenSize);
  tape.free(sum);
  return clean;
}

function parallel(tape: Tape, shape: IModelShape, layer: ILayer): Tensor {
  const { block, norm, hiddenSize } = shape;
  const input = normed(tape, norm, hiddenSize);
  const attention = attended(tape, shape, layer.attention);
  let second: Tensor = null;
  if (block === 'parallel-two') {
    tape.free(input);
    second = normed(tape, norm, hiddenSize);
  }
  const feedForward = layer.feedForward
    ? fed(tape, hiddenSize, layer.feedForward)
    : null;
  tape.free(second);
  const both = tape.make(hiddenSize);
  const sum = tape.make(hiddenSize);
  tape.free(input, attention.out, feedForward, both);
  release(tape, shape, attention.scores);
  return sum;
}

/** The end of a layer's scores, which older families return and so hold a layer longer. */
function release(tape: Tape, { eager }: IModelShape, scores: Tensor): void {
  if (eager === 'float' || eager === 'alibi') {
    tape.holdOver(scores);
  } else {
    tape.free(scores);
  }
}

/** The logits of the last token of every sequence. */
export function logits(tape: Tape, shape: IModelShape): void {
  if (!shape.isEncoder) {
    const { sequences, elementBytes } = tape;
    tape.makeBytes(sequences * shape.vocabSize * elementBytes);
  }
}
