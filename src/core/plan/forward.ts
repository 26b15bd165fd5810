import { attended } from './attend';
import { fed } from './feed';
import { normed } from './norms';
import type { ILayer, IModelShape } from './shape';
import type { Tape, Tensor } from './tape';

const WIDE = 4;
/** `torch.long`, of token and position ids. */
const LONG = 8;

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
  tape.free(hidden, ...prelude.held);
  logits(tape, shape);
  tape.free(last);
}

/** What lives as long as the layers run. */
interface IPrelude {
  readonly hidden: Tensor;
  readonly held: readonly Tensor[];
  readonly isHeld: boolean;
}

function embedded(tape: Tape, shape: IModelShape): IPrelude {
  const { hiddenSize } = shape;
  const isLearned = shape.outer.some(({ role }) => role === 'position_embd');
  const ids = tape.make(1, LONG);
  const embedding = tape.make(hiddenSize);
  const positions = tape.make(1, LONG);
  const masks = slidingMask(tape, shape);
  if (isLearned) {
    const table = tape.make(hiddenSize);
    const sum = tape.make(hiddenSize);
    return { hidden: sum, held: [ids, embedding, table, positions, ...masks], isHeld: false };
  }
  const turns = rotaryTables(tape, shape);
  return {
    hidden: embedding,
    held: [ids, embedding, positions, ...masks, ...turns],
    isHeld: true
  };
}

/** Cosines and sines, made in 32 bit and kept in the model's type. */
function rotaryTables(tape: Tape, shape: IModelShape): Tensor[] {
  const widths = shape.layers.map(({ attention }) =>
    attention.kind === 'recurrent' ? 0 : attention.rotaryDim
  );
  const width = widths.reduce((most, each) => Math.max(most, each), 0);
  const tables = Array.from({ length: 3 }, () => tape.make(width, WIDE));
  const kept = [tape.make(width), tape.make(width)];
  tape.free(...tables);
  return kept;
}

/** A mask of one byte for each pair of tokens, where a window is exceeded. */
function slidingMask(tape: Tape, shape: IModelShape): Tensor[] {
  const isMasked = shape.isEager || shape.layers.some(
    ({ attention }) =>
      attention.window !== null && tape.length > attention.window
  );
  const pairs = tape.sequences * tape.length ** 2;
  return isMasked ? [tape.makeBytes(pairs)] : [];
}

/** The output of a layer; its input lives on. */
function layerOut(tape: Tape, shape: IModelShape, layer: ILayer): Tensor {
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
  const attention = step(tape, shape, () =>
    attended(tape, shape, layer.attention)
  );
  const { feedForward } = layer;
  if (!feedForward) {
    return attention;
  }
  const out = step(tape, shape, () => fed(tape, shape.hiddenSize, feedForward));
  tape.free(attention);
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
  tape.free(input, attention, feedForward, both);
  return sum;
}

/** The logits of the last token of every sequence. */
function logits(tape: Tape, shape: IModelShape): void {
  if (!shape.isEncoder) {
    const { sequences, elementBytes } = tape;
    tape.makeBytes(sequences * shape.vocabSize * elementBytes);
  }
}
