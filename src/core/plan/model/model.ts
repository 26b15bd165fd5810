import { attentionOf } from './attention';
import { Config, CONFIG_LIMITS } from './config';
import { uncertaintiesOf, hasSenses, withFields } from './uncertainties';
import type { IFamily } from './family';
import { familyNamed, isUnplanned, sameAs } from './families';
import { feedForwardsOf } from './feedforward';
import { filled } from './omitted';
import { outerTensors } from './outer';
import type { Attention, Block, ILayer, IModelShape, NormKind } from './shape';
import { PlanError } from './shape';
import { recurrentOf } from './recurrent';

/** Where the part that makes text stands in the config of one that sees or hears too. */
export const INNER = [
  'text_config',
  'llm_config',
  'language_config',
  'thinker_config'
];

/**
 * What a model is made of, from its `config.json`.
 *
 * @throws PlanError when a field is missing or impossible; its message names it.
 */
export function modelShape(value: unknown): IModelShape {
  const outer = new Config(value);
  for (const name of INNER) {
    const inner = outer.inner(name);
    if (inner) {
      const type = typeOf(inner, outer);
      const { config, names } = filled(
        inner,
        inner.has('model_type') ? type : sameAs(type)
      );
      return withFields(shapeOf(config, outer), 'omitted-fields', names);
    }
  }
  return shapeOf(outer, outer);
}

function shapeOf(config: Config, outer: Config): IModelShape {
  const architecture = typeOf(config, outer);
  refuseEncoderDecoder(outer, architecture);
  const known = familyOf(architecture);
  // What has types of tokens is a kin of BERT.
  const unknown = config.has('type_vocab_size') ? familyNamed('bert') : null;
  const family = known ?? unknown ?? {};
  const hiddenSize = config.count('hidden', CONFIG_LIMITS.width);
  const count = config.count('layers', CONFIG_LIMITS.layers);
  const layers = layersOf(config, family, hiddenSize, count, architecture);
  const isTied = config.flag(
    'tie_word_embeddings',
    outer.flag('tie_word_embeddings', family.tied ?? false)
  );
  const form = formOf(config, family);
  const shape = {
    architecture,
    uncertainties: uncertaintiesOf(
      known,
      layers,
      hasSenses(config, outer, family)
    ),
    isEncoder: family.isEncoder ?? false,
    hiddenSize,
    vocabSize: config.count('vocab', CONFIG_LIMITS.width),
    contextLimit: config.has('positions')
      ? config.count('positions', CONFIG_LIMITS.tokens)
      : null,
    isTied,
    ...form,
    eager: family.eager ?? null,
    isMasked: family.isMasked ?? false,
    extraHeld: family.extraHeld ?? 0,
    rotaryTables: family.rotaryTables ?? 1,
    layers,
    file: null
  };
  const tensors = outerTensors(shape, config, outer, family);
  const unread = known ? [] : config.unread();
  return withFields({ ...shape, outer: tensors }, 'unread-fields', unread);
}

function typeOf(config: Config, outer: Config): string {
  return config.text('model_type', outer.text('model_type', 'unknown'));
}

function familyOf(architecture: string): IFamily | null {
  return familyNamed(sameAs(architecture));
}

/** The order of a layer's parts, and its norms. */
function formOf(
  config: Config,
  family: IFamily
): { block: Block; norm: NormKind; normBias: boolean } {
  const isParallel = config.flag(
    'parallel_attn',
    config.flag(
      'use_parallel_residual',
      family.block?.startsWith('parallel') ?? false
    )
  );
  const isTwo =
    config.flag('new_decoder_architecture', false) &&
    config.count('num_ln_in_parallel_attn', 2, 2) === 2;
  const block = family.block ?? 'sequential';
  const parallel: Block =
    isTwo || block === 'parallel-two' ? 'parallel-two' : 'parallel';
  return {
    block: isParallel
      ? parallel
      : block.startsWith('parallel')
        ? 'sequential'
        : block,
    norm: family.norm ?? 'rms',
    normBias: family.normBias ?? false
  };
}

function refuseEncoderDecoder(config: Config, architecture: string): void {
  if (config.flag('is_encoder_decoder', false)) {
    throw new PlanError(trans =>
      trans.__(
        '`is_encoder_decoder` is true: %1 has an encoder and a decoder, which the planner does not know.',
        architecture
      )
    );
  }
  if (isUnplanned(architecture)) {
    throw new PlanError(trans =>
      trans.__(
        '`model_type` is %1: the planner does not know how such models use memory.',
        architecture
      )
    );
  }
}

/** One object for each kind of layer, so that what is derived from it is derived once. */
function layersOf(
  config: Config,
  family: IFamily,
  hiddenSize: number,
  count: number,
  architecture: string
): ILayer[] {
  const types = layerTypes(config, family, count);
  const windowAt = windows(config, family, types, count);
  const feedForwards = feedForwardsOf(config, family, hiddenSize);
  const made = new Map<string, ILayer>();
  const attentions = new Map<string, Attention>();
  return Array.from({ length: count }, (_, index) => {
    const type = types[index] ?? '';
    const window = windowAt(index);
    const feedForward = feedForwards.at(index);
    const attentionKey = isRecurrent(type) ? type : String(window);
    const key = `${attentionKey} ${feedForward.kind}`;
    const attention =
      attentions.get(attentionKey) ??
      (isRecurrent(type)
        ? recurrentOf(config, architecture, hiddenSize)
        : attentionOf(config, family, hiddenSize, window));
    attentions.set(attentionKey, attention);
    const layer: ILayer = made.get(key) ?? { attention, feedForward };
    made.set(key, layer);
    return layer;
  });
}

function layerTypes(config: Config, family: IFamily, count: number): string[] {
  const types = config.texts('layer_types');
  const every = config.count(
    'full_attention_interval',
    CONFIG_LIMITS.layers,
    family.attentionEvery ?? 0,
    0
  );
  return types.length > 0 || every === 0
    ? types
    : Array.from({ length: count }, (_, layer) =>
        (layer + 1) % every === 0 ? 'full_attention' : 'linear_attention'
      );
}

function isRecurrent(type: string): boolean {
  return ['linear_attention', 'mamba', 'conv', 'recurrent'].includes(type);
}

/** How many tokens the queries of each layer see; null for all. */
function windows(
  config: Config,
  family: IFamily,
  types: readonly string[],
  count: number
): (layer: number) => number | null {
  const size = windowSize(config, family);
  if (size === null) {
    return () => null;
  }
  if (types.length > 0) {
    return layer => (/sliding|local/.test(types[layer] ?? '') ? size : null);
  }
  const pattern = family.windowed ?? 'none';
  const [letters = ''] = config.words('sliding_window_pattern');
  if (/^[LG]+$/.test(letters)) {
    return layer => (letters[layer % letters.length] === 'L' ? size : null);
  }
  if (typeof pattern === 'number') {
    const step = config.count(
      'sliding_window_pattern',
      CONFIG_LIMITS.layers,
      pattern
    );
    return layer => ((layer + 1) % step !== 0 ? size : null);
  }
  if (pattern === 'all') {
    return () => size;
  }
  const isUsed =
    pattern === 'if-used' && config.flag('use_sliding_window', false);
  const first = config.count(
    'max_window_layers',
    CONFIG_LIMITS.layers,
    count,
    0
  );
  return layer => (isUsed && layer >= first ? size : null);
}

function windowSize(config: Config, family: IFamily): number | null {
  if (config.has('sliding_window')) {
    const size = config.count('sliding_window', CONFIG_LIMITS.tokens, 0, 0);
    return size > 0 ? size : null;
  }
  return config.isNull('sliding_window') ? null : (family.window ?? null);
}
