import type {
  Activation,
  FeedForward,
  IDenseFeedForward,
  IExpertsFeedForward
} from '../model/shape';
import type { Tape, Tensor } from './trace';

const WIDE = 4;
/** `torch.long`, of the indices that sort tokens by expert. */
const LONG = 8;

/** The output of a feed-forward network; its input lives on. */
export function fed(
  tape: Tape,
  hiddenSize: number,
  feedForward: FeedForward
): Tensor {
  return feedForward.kind === 'dense'
    ? dense(tape, hiddenSize, feedForward)
    : mixture(tape, hiddenSize, feedForward);
}

function dense(
  tape: Tape,
  hiddenSize: number,
  { form, width, activation }: IDenseFeedForward
): Tensor {
  switch (form) {
    case 'gated': {
      const gate = activated(
        tape,
        activation,
        tape.linear(width, hiddenSize),
        width
      );
      const up = tape.linear(width, hiddenSize);
      const product = tape.make(width);
      tape.free(gate, up);
      return down(tape, hiddenSize, width, product);
    }
    case 'packed': {
      // Gate and rest are views of one tensor, which lives until the end.
      const packed = tape.linear(2 * width, hiddenSize);
      const gate = tape.make(width);
      const product = tape.make(width);
      tape.free(gate);
      const out = down(tape, hiddenSize, width, product);
      tape.free(packed);
      return out;
    }
    case 'plain':
      return down(
        tape,
        hiddenSize,
        width,
        activated(tape, activation, tape.linear(width, hiddenSize), width)
      );
  }
}

function down(
  tape: Tape,
  hiddenSize: number,
  width: number,
  input: Tensor
): Tensor {
  const out = tape.linear(hiddenSize, width);
  tape.free(input);
  return out;
}

/** What an activation holds besides its input and its output, in tensors of their size. */
const MOMENTS: Readonly<Record<Activation, readonly number[]>> = {
  fused: [],
  square: [1],
  sigmoid: [1],
  'gelu-python': [1, 1],
  'gelu-bloom': [1, 1],
  xielu: [1, 1, 1, 0.5],
  clamped: []
};

/**
 * What an activation makes of `input`, which ends with it.
 *
 * Those written out in Python hold several tensors of that size (transformers,
 * `activations.py`; `BloomGelu`).
 */
function activated(
  tape: Tape,
  activation: Activation,
  input: Tensor,
  width: number
): Tensor {
  const moments = MOMENTS[activation].map(share => tape.make(width * share));
  const out = tape.make(width);
  tape.free(...moments, input);
  return out;
}

/** As transformers 5 runs experts on a GPU: `grouped_mm_experts_forward`. */
function mixture(
  tape: Tape,
  hiddenSize: number,
  feedForward: IExpertsFeedForward
): Tensor {
  const { sharedWidth, sharedFirst } = feedForward;
  const shared: IDenseFeedForward = {
    kind: 'dense',
    form: 'gated',
    width: sharedWidth,
    activation: feedForward.activation,
    bias: false
  };
  const before =
    sharedFirst && sharedWidth > 0 ? dense(tape, hiddenSize, shared) : null;
  const chosen = routed(tape, feedForward);
  const out = expertsOut(tape, hiddenSize, feedForward);
  const after =
    !sharedFirst && sharedWidth > 0 ? dense(tape, hiddenSize, shared) : null;
  if (sharedWidth === 0) {
    tape.free(...chosen);
    return out;
  }
  const gated = feedForward.hasSharedGate ? tape.make(hiddenSize) : null;
  if (gated) {
    tape.free(before);
  }
  const sum = tape.make(hiddenSize);
  tape.free(...chosen, out, after, gated ?? before);
  return sum;
}

/** Every token copied to every expert, and the sum of what they make of it: `Llama4TextMoe`. */
function everywhere(
  tape: Tape,
  hiddenSize: number,
  { experts, width }: IExpertsFeedForward
): Tensor {
  const copies = tape.make(experts * hiddenSize);
  const weighted = tape.make(experts * hiddenSize);
  tape.free(copies);
  const up = tape.make(experts * 2 * width);
  const gate = tape.make(experts * width);
  const product = tape.make(experts * width);
  tape.free(gate);
  const out = tape.make(experts * hiddenSize);
  tape.free(product, up, weighted);
  const sum = tape.make(hiddenSize);
  tape.free(out);
  return sum;
}

/** The router: which experts each token goes to, and with what weight. */
function routed(
  tape: Tape,
  { experts, chosen }: IExpertsFeedForward
): Tensor[] {
  const logits = tape.make(experts);
  const chances = tape.make(experts, WIDE);
  const weights = tape.make(chosen, WIDE);
  const indices = tape.make(chosen, LONG);
  tape.free(chances);
  return [logits, weights, indices];
}

function expertsOut(
  tape: Tape,
  hiddenSize: number,
  feedForward: IExpertsFeedForward
): Tensor {
  const { chosen, width, hasWideWeights, activation, bias } = feedForward;
  if (feedForward.everywhere) {
    return everywhere(tape, hiddenSize, feedForward);
  }
  const each = (elements: number, bytes?: number): Tensor =>
    tape.make(chosen * elements, bytes);
  const sorted = [each(1, LONG), each(1, LONG)];
  const selected = each(hiddenSize);
  const bias1 = bias ? each(2 * width) : null;
  const up = each(2 * width);
  const masked = each(2 * width);
  tape.free(up);
  // Clamped: both halves, the gated half, and the other one plus one.
  const parts = activation === 'clamped' ? 4 : 1;
  const gates = Array.from({ length: parts }, () => each(width));
  const product = each(width);
  tape.free(masked, ...gates);
  const bias2 = bias ? each(hiddenSize) : null;
  tape.free(bias1);
  const out = each(hiddenSize);
  tape.free(product);
  const cleared = each(hiddenSize);
  tape.free(out);
  const bytes = hasWideWeights ? WIDE : tape.elementBytes;
  const weighted = each(hiddenSize, bytes);
  const order = each(1, LONG);
  const ordered = each(hiddenSize, bytes);
  tape.free(weighted);
  const sum = tape.make(hiddenSize, bytes);
  const result = hasWideWeights ? tape.make(hiddenSize) : sum;
  if (hasWideWeights) {
    tape.free(sum);
  }
  tape.free(...sorted, selected, cleared, order, ordered, bias2);
  return result;
}
