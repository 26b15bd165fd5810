import { holds } from './attention';
import type { Config } from './config';
import { CONFIG_LIMITS } from './config';
import type { IFamily } from './family';
import type { IModelShape, ITensor, WeightPart } from './shape';

/** A tensor that there is once; `isLinear` where bitsandbytes would quantize it. */
export function tensor(
  role: string,
  part: WeightPart,
  rows: number,
  columns: number,
  isLinear = false,
  copies = 1
): ITensor {
  return { role, part, rows, columns, copies, isLinear };
}

/** A vector: a bias, or the weight of a norm. */
export function vector(part: WeightPart, length: number): ITensor {
  return tensor('vector', part, 1, length);
}

/** The weight of an `nn.Linear`, and its bias. */
export function linear(
  role: string,
  part: WeightPart,
  rows: number,
  columns: number,
  hasBias: boolean
): ITensor[] {
  const weight = tensor(role, part, rows, columns, true);
  return hasBias ? [weight, vector(part, rows)] : [weight];
}

type Frame = Omit<IModelShape, 'outer'>;

/** The tensors outside of the layers: the embedding first, the output last. */
export function outerTensors(
  shape: Frame,
  config: Config,
  outer: Config,
  family: IFamily
): ITensor[] {
  const { hiddenSize, vocabSize } = shape;
  const tensors = [
    tensor('token_embd', 'embedding', vocabSize, embeddingSize(shape, config)),
    ...positions(shape, config, family),
    ...(shape.isEncoder
      ? encoderTensors(shape, config)
      : decoderTensors(shape, config)),
    ...towerTensors(outer)
  ];
  if (shape.isEncoder) {
    return tensors;
  }
  if (!shape.isTied) {
    tensors.push(tensor('output', 'output', vocabSize, hiddenSize));
  }
  if (holds(family.headBias, config)) {
    tensors.push(vector('output', vocabSize));
  }
  return tensors;
}

/** The width of the embedding, which can differ from that of the layers. */
function embeddingSize(shape: Frame, config: Config): number {
  const name = shape.isEncoder ? 'embedding_size' : 'word_embed_proj_dim';
  return config.count(name, CONFIG_LIMITS.width, shape.hiddenSize);
}

function positions(shape: Frame, config: Config, family: IFamily): ITensor[] {
  if (family.positions !== 'learned') {
    return [];
  }
  const rows =
    config.count(
      'positions',
      CONFIG_LIMITS.tokens,
      shape.isEncoder ? 512 : 1024
    ) + (family.extraPositions ?? 0);
  const columns = shape.isEncoder
    ? embeddingSize(shape, config)
    : shape.hiddenSize;
  return [tensor('position_embd', 'embedding', rows, columns)];
}

function norm(shape: Frame, width = shape.hiddenSize): ITensor[] {
  const one = vector('norm', width);
  return shape.norm === 'layer-cast' || shape.norm === 'none'
    ? []
    : shape.normBias
      ? [one, one]
      : [one];
}

function decoderTensors(shape: Frame, config: Config): ITensor[] {
  const { architecture, hiddenSize } = shape;
  const width = embeddingSize(shape, config);
  const isProjected = width !== hiddenSize;
  return [
    ...(architecture === 'bloom' ? norm(shape) : []),
    ...(isProjected
      ? [
          tensor('proj_in', 'embedding', hiddenSize, width, true),
          tensor('proj_out', 'output', width, hiddenSize, true)
        ]
      : []),
    ...(config.flag('do_layer_norm_before', true) ? norm(shape) : [])
  ];
}

/** BERT's embeddings have types and a norm; some of its kin end in a pooler. */
function encoderTensors(shape: Frame, config: Config): ITensor[] {
  const { architecture, hiddenSize } = shape;
  if (architecture === 'modernbert') {
    // One norm behind the embedding, one at the end; the first layer lacks its own.
    return norm(shape);
  }
  const width = embeddingSize(shape, config);
  const types =
    architecture === 'distilbert'
      ? 0
      : config.count('type_vocab_size', 1024, 2, 0);
  const hasPooler = !['distilbert', 'electra', 'deberta-v2'].includes(
    architecture
  );
  return [
    ...(types > 0 ? [tensor('token_types', 'embedding', types, width)] : []),
    ...norm(shape, width),
    ...(architecture === 'deberta-v2' ? relativePositions(shape, config) : []),
    ...(width !== hiddenSize
      ? [
          tensor('proj_in', 'embedding', hiddenSize, width, true),
          vector('embedding', hiddenSize)
        ]
      : []),
    ...(hasPooler
      ? [
          tensor('cls', 'output', hiddenSize, hiddenSize, true),
          vector('output', hiddenSize)
        ]
      : [])
  ];
}

/** DeBERTa's table of distances, and its norm. */
function relativePositions(shape: Frame, config: Config): ITensor[] {
  const width = embeddingSize(shape, config);
  const buckets = config.count('position_buckets', CONFIG_LIMITS.width, 256);
  return [
    tensor('relative_embd', 'embedding', 2 * buckets, width),
    ...norm(shape, width)
  ];
}

/** What sees or hears, counted as plain transformers of the sizes that the config gives. */
function towerTensors(outer: Config): ITensor[] {
  return ['vision_config', 'audio_config'].flatMap(name =>
    towerOf(outer.inner(name))
  );
}

function towerOf(tower: Config | null): ITensor[] {
  if (!tower?.has('hidden') && !tower?.has('embed_dim')) {
    return [];
  }
  const hidden = tower.count(
    tower.has('hidden') ? 'hidden' : 'embed_dim',
    CONFIG_LIMITS.width
  );
  const layers = tower.count(
    tower.has('depth') ? 'depth' : 'layers',
    CONFIG_LIMITS.layers,
    24
  );
  const width = tower.count('width', CONFIG_LIMITS.width, 4 * hidden);
  return [
    tensor('v.attn', 'embedding', 4 * hidden, hidden, true, layers),
    tensor('v.ffn', 'embedding', 2 * width, hidden, true, layers)
  ];
}
