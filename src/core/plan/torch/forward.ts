import { traceAttention } from './traceattention';
import { traceMlp } from './tracemlp';
import { traceNorm } from './tracenorm';
import type { ILayer, IModelShape } from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

const WIDE = 4;
/** `torch.long`, of token and position ids. */
export const LONG = 8;

/**
 * One prefill, as transformers 5 runs it in eager PyTorch under `no_grad`: the
 * prompt's embeddings, every layer, and the logits of the last token.
 *
 * What is kept at the end is the cache (`trace.kept`) and the logits.
 */
export function prefill(trace: AllocationTrace, shape: IModelShape): void {
  const { hiddenSize, layers } = shape;
  const prelude = embedded(trace, shape);
  let hidden: Tensor = prelude.hidden;
  for (const layer of layers) {
    const out = layerOut(trace, shape, layer);
    // The first input is the embedding, which the model itself still holds.
    if (hidden !== prelude.hidden || !prelude.isHeld) {
      trace.free(hidden);
    }
    hidden = out;
  }
  const last = traceNorm(trace, shape.norm, hiddenSize);
  trace.holdOver(null);
  trace.free(hidden, ...prelude.held);
  logits(trace, shape);
  trace.free(last);
}

/** What lives as long as the layers run. */
export interface IPrelude {
  readonly hidden: Tensor;
  readonly held: readonly Tensor[];
  readonly isHeld: boolean;
}

/** The embeddings; without the tables of rotary positions where another GPU makes them. */
export function embedded(
  trace: AllocationTrace,
  shape: IModelShape,
  hasTables = true
): IPrelude {
  const { hiddenSize } = shape;
  const isLearned = shape.outer.some(({ role }) => role === 'position_embd');
  const ids = trace.make(1, LONG);
  const embedding = trace.make(hiddenSize);
  const positions = trace.make(1, LONG);
  const masks = slidingMask(trace, shape);
  if (isLearned) {
    const table = trace.make(hiddenSize);
    const sum = trace.make(hiddenSize);
    if (shape.isEncoder) {
      trace.free(embedding, table, positions);
      return { hidden: sum, held: [ids, sum, ...masks], isHeld: true };
    }
    return {
      hidden: sum,
      held: [ids, embedding, table, positions, ...masks],
      isHeld: false
    };
  }
  const turns = hasTables ? rotaryTables(trace, shape) : [];
  return {
    hidden: embedding,
    held: [ids, embedding, positions, ...masks, ...turns],
    isHeld: true
  };
}

/** Cosines and sines, made in 32 bit and kept in the model's type. */
export function rotaryTables(
  trace: AllocationTrace,
  shape: IModelShape
): Tensor[] {
  const widths = shape.layers.map(({ attention }) =>
    attention.kind === 'recurrent' ? 0 : attention.rotaryDim
  );
  const width = widths.reduce((most, each) => Math.max(most, each), 0);
  const tables = Array.from({ length: 3 }, () => trace.make(width, WIDE));
  const kept = Array.from({ length: 2 * shape.rotaryTables }, () =>
    trace.make(width)
  );
  trace.free(...tables);
  return kept;
}

/** A mask of all pairs of tokens, where a window is exceeded or a family always has one. */
export function slidingMask(
  trace: AllocationTrace,
  shape: IModelShape
): Tensor[] {
  const isExceeded = shape.layers.some(
    ({ attention }) =>
      attention.window !== null && trace.length >= attention.window
  );
  if (!isExceeded && !shape.isMasked && !shape.eager) {
    return [];
  }
  const pairs = trace.sequences * trace.length ** 2;
  if (shape.isEncoder) {
    // Distances to both sides are taken in 64 bit, and made absolute.
    const distances = [
      trace.makeBytes(LONG * pairs),
      trace.makeBytes(LONG * pairs)
    ];
    trace.free(...distances);
  }
  const causal = trace.makeBytes(pairs);
  const first = trace.makeBytes(pairs);
  trace.free(causal);
  const near = trace.makeBytes(pairs);
  const both = trace.makeBytes(pairs);
  trace.free(first, near);
  if (!shape.eager) {
    return [both];
  }
  const bias = trace.makeBytes(pairs * trace.elementBytes);
  trace.free(both);
  return [bias];
}

/** The output of a layer; its input lives on. */
export function layerOut(
  trace: AllocationTrace,
  shape: IModelShape,
  layer: ILayer
): Tensor {
  switch (shape.block) {
    case 'parallel':
    case 'parallel-two':
      return parallel(trace, shape, layer);
    case 'sequential':
    case 'sandwich':
    case 'post':
    case 'encoder':
      return sequential(trace, shape, layer);
  }
}

function sequential(
  trace: AllocationTrace,
  shape: IModelShape,
  layer: ILayer
): Tensor {
  let scores: Tensor = null;
  const attention = step(trace, shape, () => {
    const scored = traceAttention(trace, shape, layer.attention);
    scores = scored.scores;
    return scored.out;
  });
  const { feedForward } = layer;
  if (!feedForward) {
    release(trace, shape, scores);
    return attention;
  }
  const extra = shape.extraHeld > 0 ? trace.make(shape.hiddenSize) : null;
  const out = step(trace, shape, () =>
    traceMlp(trace, shape.hiddenSize, feedForward)
  );
  trace.free(attention, extra);
  release(trace, shape, scores);
  return out;
}

/** A norm, `part`, perhaps another norm, and the sum with the input. */
function step(
  trace: AllocationTrace,
  shape: IModelShape,
  part: () => Tensor
): Tensor {
  const { block, norm, hiddenSize } = shape;
  const hasFirst = block === 'sequential' || block === 'sandwich';
  const hasSecond = block === 'sandwich' || block === 'post';
  const input = hasFirst ? traceNorm(trace, norm, hiddenSize) : null;
  let out = part();
  trace.free(input);
  if (hasSecond) {
    const clean = traceNorm(trace, norm, hiddenSize);
    trace.free(out);
    out = clean;
  }
  const sum = trace.make(hiddenSize);
  trace.free(out);
  if (block !== 'encoder') {
    return sum;
  }
  const clean = traceNorm(trace, norm, hiddenSize);
  trace.free(sum);
  return clean;
}

function parallel(
  trace: AllocationTrace,
  shape: IModelShape,
  layer: ILayer
): Tensor {
  const { block, norm, hiddenSize } = shape;
  const input = traceNorm(trace, norm, hiddenSize);
  const attention = traceAttention(trace, shape, layer.attention);
  let second: Tensor = null;
  if (block === 'parallel-two') {
    trace.free(input);
    second = traceNorm(trace, norm, hiddenSize);
  }
  const feedForward = layer.feedForward
    ? traceMlp(trace, hiddenSize, layer.feedForward)
    : null;
  trace.free(second);
  const both = trace.make(hiddenSize);
  const sum = trace.make(hiddenSize);
  trace.free(input, attention.out, feedForward, both);
  release(trace, shape, attention.scores);
  return sum;
}

/** The end of a layer's scores, which older families return and so hold a layer longer. */
function release(
  trace: AllocationTrace,
  { eager }: IModelShape,
  scores: Tensor
): void {
  if (eager === 'float' || eager === 'alibi') {
    trace.holdOver(scores);
  } else {
    trace.free(scores);
  }
}

/** The logits of the last token of every sequence. */
export function logits(trace: AllocationTrace, shape: IModelShape): void {
  if (!shape.isEncoder) {
    const { sequences, elementBytes } = trace;
    trace.makeBytes(sequences * shape.vocabSize * elementBytes);
  }
}
