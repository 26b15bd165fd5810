import { expertTensors } from './expert';
import { linear, vector } from './outer';
import type {
  Attention,
  FeedForward,
  ILatentAttention,
  ILayer,
  IModelShape,
  ISoftmaxAttention,
  ITensor,
  WeightPart
} from './shape';

/** Every weight tensor of `layer`, in the order in which its modules hold them. */
export function layerTensors(shape: IModelShape, layer: ILayer): ITensor[] {
  const { attention, feedForward } = layer;
  return [
    ...attentionTensors(attention, shape.hiddenSize),
    ...(feedForward ? feedForwardTensors(feedForward, shape.hiddenSize) : []),
    ...normTensors(shape, layer)
  ];
}

/** How many parameters `tensors` have. */
export function parametersOf(tensors: readonly ITensor[]): number {
  return tensors.reduce(
    (sum, { rows, columns, copies }) => sum + rows * columns * copies,
    0
  );
}

/** All parameters of a model, and those that one token goes through. */
export function parameterCounts(shape: IModelShape): {
  total: number;
  active: number;
} {
  if (shape.file) {
    return { total: shape.file.parameters, active: shape.file.parameters };
  }
  let total = parametersOf(shape.outer);
  let active = total;
  for (const layer of shape.layers) {
    const all = parametersOf(layerTensors(shape, layer));
    total += all;
    active += all - idle(layer.feedForward, shape.hiddenSize);
  }
  return { total, active };
}

/** Parameters of the experts that a token doesn't go through. */
function idle(feedForward: FeedForward | null, hiddenSize: number): number {
  if (feedForward?.kind !== 'experts') {
    return 0;
  }
  const { experts, chosen } = feedForward;
  const all = parametersOf(
    expertTensors(feedForward, hiddenSize).filter(({ copies }) => copies > 1)
  );
  return all * (1 - chosen / experts);
}

function attentionTensors(attention: Attention, hiddenSize: number): ITensor[] {
  switch (attention.kind) {
    case 'softmax':
      return softmaxTensors(attention, hiddenSize);
    case 'latent':
      return latentTensors(attention, hiddenSize);
    case 'recurrent':
      return [...attention.tensors];
  }
}

function softmaxTensors(
  attention: ISoftmaxAttention,
  hiddenSize: number
): ITensor[] {
  const { heads, kvHeads, headDim, qkvBias, outBias, isFused } = attention;
  const queries = heads * headDim * (attention.isGated ? 2 : 1);
  const keys = kvHeads * headDim;
  const part = 'attention';
  const qkv = isFused
    ? linear('attn_qkv', part, queries + 2 * keys, hiddenSize, qkvBias)
    : [
        ...linear('attn_q', part, queries, hiddenSize, qkvBias),
        ...linear('attn_k', part, keys, hiddenSize, qkvBias),
        ...linear('attn_v', part, keys, hiddenSize, qkvBias)
      ];
  return [
    ...qkv,
    ...linear('attn_output', part, hiddenSize, heads * headDim, outBias),
    ...(attention.perHead > 0 ? [vector(part, heads * attention.perHead)] : []),
    ...qkNormTensors(attention)
  ];
}

function qkNormTensors(attention: ISoftmaxAttention): ITensor[] {
  const { heads, kvHeads, headDim, qkNorm, qkNormKind } = attention;
  if (qkNorm === 'none') {
    return [];
  }
  // Cohere's and StableLM's have a weight for each head, the others share one.
  if (qkNorm === 'all' || qkNormKind === 'layer-wide') {
    return [vector('norm', heads * headDim), vector('norm', kvHeads * headDim)];
  }
  const count = qkNormKind === 'layer' ? 4 : 2;
  return Array.from({ length: count }, () => vector('norm', headDim));
}

function latentTensors(
  attention: ILatentAttention,
  hiddenSize: number
): ITensor[] {
  const { heads, queryRank, latentRank, rotaryDim, plainDim, valueDim, bias } =
    attention;
  const part = 'attention';
  const queries = heads * (plainDim + rotaryDim);
  return [
    ...(queryRank === null
      ? linear('attn_q', part, queries, hiddenSize, false)
      : [
          ...linear('attn_q_a', part, queryRank, hiddenSize, bias),
          vector('norm', queryRank),
          ...linear('attn_q_b', part, queries, queryRank, false)
        ]),
    ...linear('attn_kv_a_mqa', part, latentRank + rotaryDim, hiddenSize, bias),
    vector('norm', latentRank),
    ...linear(
      'attn_kv_b',
      part,
      heads * (plainDim + valueDim),
      latentRank,
      false
    ),
    ...linear('attn_output', part, hiddenSize, heads * valueDim, bias)
  ];
}

function feedForwardTensors(
  feedForward: FeedForward,
  hiddenSize: number
): ITensor[] {
  if (feedForward.kind === 'experts') {
    return expertTensors(feedForward, hiddenSize);
  }
  const { form, width, bias } = feedForward;
  const part = 'feedForward';
  const down = linear('ffn_down', part, hiddenSize, width, bias);
  switch (form) {
    case 'gated':
      return [
        ...linear('ffn_gate', part, width, hiddenSize, bias),
        ...linear('ffn_up', part, width, hiddenSize, bias),
        ...down
      ];
    case 'packed':
      return [...linear('ffn_up', part, 2 * width, hiddenSize, bias), ...down];
    case 'plain':
      return [...linear('ffn_up', part, width, hiddenSize, bias), ...down];
  }
}

const NORMS = {
  sequential: 2,
  sandwich: 4,
  post: 2,
  parallel: 1,
  'parallel-two': 2,
  encoder: 2
} as const;

function normTensors(shape: IModelShape, layer: ILayer): ITensor[] {
  if (shape.norm === 'layer-cast' || shape.norm === 'none') {
    return [];
  }
  const count = layer.feedForward ? NORMS[shape.block] : 1;
  const one = vector('norm', shape.hiddenSize);
  return Array.from({ length: shape.normBias ? 2 * count : count }, () => one);
}

/** What every part of the weights has, at first. */
export function noWeights(): Record<WeightPart, number> {
  return {
    embedding: 0,
    attention: 0,
    feedForward: 0,
    experts: 0,
    norm: 0,
    output: 0
  };
}

/** Calls `visit` with every weight tensor in the order in which it is loaded; layer -1 is outside. */
export function visitTensors(
  shape: IModelShape,
  visit: (tensor: ITensor, layer: number) => void
): void {
  const known = new Map(
    shape.layers.map(layer => [layer, layerTensors(shape, layer)])
  );
  const isFirst = ({ part }: ITensor): boolean => part === 'embedding';
  shape.outer.filter(isFirst).forEach(tensor => visit(tensor, -1));
  shape.layers.forEach((layer, index) =>
    known.get(layer)?.forEach(tensor => visit(tensor, index))
  );
  shape.outer
    .filter(tensor => !isFirst(tensor))
    .forEach(tensor => visit(tensor, -1));
}
