import type {
  Activation,
  FeedForward,
  IDenseFeedForward,
  IExpertsFeedForward
} from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

const WIDE = 4;
/** `torch.long`, of the indices that sort tokens by expert. */
const LONG = 8;

/** The output of a feed-forward network; its input lives on. */
export function traceMlp(
  trace: AllocationTrace,
  hiddenSize: number,
  feedForward: FeedForward
): Tensor {
  return feedForward.kind === 'dense'
    ? dense(trace, hiddenSize, feedForward)
    : mixture(trace, hiddenSize, feedForward);
}

function dense(
  trace: AllocationTrace,
  hiddenSize: number,
  { form, width, activation }: IDenseFeedForward
): Tensor {
  switch (form) {
    case 'gated': {
      const gate = activated(
        trace,
        activation,
        trace.linear(width, hiddenSize),
        width
      );
      const up = trace.linear(width, hiddenSize);
      const product = trace.make(width);
      trace.free(gate, up);
      return down(trace, hiddenSize, width, product);
    }
    case 'packed': {
      // Gate and rest are views of one tensor, which lives until the end.
      const packed = trace.linear(2 * width, hiddenSize);
      const gate = trace.make(width);
      const product = trace.make(width);
      trace.free(gate);
      const out = down(trace, hiddenSize, width, product);
      trace.free(packed);
      return out;
    }
    case 'plain':
      return down(
        trace,
        hiddenSize,
        width,
        activated(trace, activation, trace.linear(width, hiddenSize), width)
      );
  }
}

function down(
  trace: AllocationTrace,
  hiddenSize: number,
  width: number,
  input: Tensor
): Tensor {
  const out = trace.linear(hiddenSize, width);
  trace.free(input);
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
  trace: AllocationTrace,
  activation: Activation,
  input: Tensor,
  width: number
): Tensor {
  const moments = MOMENTS[activation].map(share => trace.make(width * share));
  const out = trace.make(width);
  trace.free(...moments, input);
  return out;
}

/** As transformers 5 runs experts on a GPU: `grouped_mm_experts_forward`. */
function mixture(
  trace: AllocationTrace,
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
    sharedFirst && sharedWidth > 0 ? dense(trace, hiddenSize, shared) : null;
  const chosen = routed(trace, feedForward);
  const out = expertsOut(trace, hiddenSize, feedForward);
  const after =
    !sharedFirst && sharedWidth > 0 ? dense(trace, hiddenSize, shared) : null;
  if (sharedWidth === 0) {
    trace.free(...chosen);
    return out;
  }
  const gated = feedForward.hasSharedGate ? trace.make(hiddenSize) : null;
  if (gated) {
    trace.free(before);
  }
  const sum = trace.make(hiddenSize);
  trace.free(...chosen, out, after, gated ?? before);
  return sum;
}

/** Every token copied to every expert, and the sum of what they make of it: `Llama4TextMoe`. */
function everywhere(
  trace: AllocationTrace,
  hiddenSize: number,
  { experts, width }: IExpertsFeedForward
): Tensor {
  const copies = trace.make(experts * hiddenSize);
  const weighted = trace.make(experts * hiddenSize);
  trace.free(copies);
  const up = trace.make(experts * 2 * width);
  const gate = trace.make(experts * width);
  const product = trace.make(experts * width);
  trace.free(gate);
  const out = trace.make(experts * hiddenSize);
  trace.free(product, up, weighted);
  const sum = trace.make(hiddenSize);
  trace.free(out);
  return sum;
}

/** The router: which experts each token goes to, and with what weight. */
function routed(
  trace: AllocationTrace,
  { experts, chosen }: IExpertsFeedForward
): Tensor[] {
  const logits = trace.make(experts);
  const chances = trace.make(experts, WIDE);
  const weights = trace.make(chosen, WIDE);
  const indices = trace.make(chosen, LONG);
  trace.free(chances);
  return [logits, weights, indices];
}

function expertsOut(
  trace: AllocationTrace,
  hiddenSize: number,
  feedForward: IExpertsFeedForward
): Tensor {
  const { chosen, width, hasWideWeights, activation, bias } = feedForward;
  if (feedForward.everywhere) {
    return everywhere(trace, hiddenSize, feedForward);
  }
  const each = (elements: number, bytes?: number): Tensor =>
    trace.make(chosen * elements, bytes);
  const sorted = [each(1, LONG), each(1, LONG)];
  const selected = each(hiddenSize);
  const bias1 = bias ? each(2 * width) : null;
  const up = each(2 * width);
  const masked = each(2 * width);
  trace.free(up);
  // Clamped: both halves, the gated half, and the other one plus one.
  const parts = activation === 'clamped' ? 4 : 1;
  const gates = Array.from({ length: parts }, () => each(width));
  const product = each(width);
  trace.free(masked, ...gates);
  const bias2 = bias ? each(hiddenSize) : null;
  trace.free(bias1);
  const out = each(hiddenSize);
  trace.free(product);
  const cleared = each(hiddenSize);
  trace.free(out);
  const bytes = hasWideWeights ? WIDE : trace.elementBytes;
  const weighted = each(hiddenSize, bytes);
  const order = each(1, LONG);
  const ordered = each(hiddenSize, bytes);
  trace.free(weighted);
  const sum = trace.make(hiddenSize, bytes);
  const result = hasWideWeights ? trace.make(hiddenSize) : sum;
  if (hasWideWeights) {
    trace.free(sum);
  }
  trace.free(...sorted, selected, cleared, order, ordered, bias2);
  return result;
}
