import type { Config } from './config';
import { CONFIG_LIMITS } from './config';
import type { IFamily, Rule } from './family';
import type { Attention, ILatentAttention, ISoftmaxAttention } from './shape';
import { PlanError } from './shape';

/** Whether what `rule` speaks of is there; `fallback` where its field is absent. */
export function holds(
  rule: Rule | undefined,
  config: Config,
  fallback = false
): boolean {
  return typeof rule === 'string'
    ? config.flag(rule, fallback)
    : (rule ?? false);
}

/** The attention of a layer with a window of `window` tokens (null: none). */
export function attentionOf(
  config: Config,
  family: IFamily,
  hiddenSize: number,
  window: number | null
): Attention {
  const isLatent = family.attention === 'latent' || config.has('kv_lora_rank');
  return isLatent
    ? latent(config)
    : softmax(config, family, hiddenSize, window);
}

function latent(config: Config): ILatentAttention {
  const size = (name: string, fallback?: number): number =>
    config.count(name, CONFIG_LIMITS.width, fallback);
  // They follow from the ranks here, whatever the config says of them.
  ['kvHeads', 'head_dim', 'qk_head_dim'].forEach(name => config.has(name));
  return {
    kind: 'latent',
    heads: size('heads'),
    queryRank: config.has('q_lora_rank') ? size('q_lora_rank') : null,
    latentRank: size('kv_lora_rank'),
    rotaryDim: size('qk_rope_head_dim', 64),
    plainDim: size('qk_nope_head_dim', 128),
    valueDim: size('v_head_dim', 128),
    window: null,
    bias: config.flag('attention_bias', false)
  };
}

function softmax(
  config: Config,
  family: IFamily,
  hiddenSize: number,
  window: number | null
): ISoftmaxAttention {
  const heads = config.count('heads', CONFIG_LIMITS.width);
  const headDim = headDimOf(config, family, hiddenSize, heads);
  const kvHeads = kvHeadsOf(config, family, heads);
  const isFalcon = family.attention === 'falcon';
  const isExpanded = config.flag('new_decoder_architecture', false);
  const hasQkNorm = isNormed(config, family);
  return {
    kind: 'softmax',
    heads,
    kvHeads,
    headDim,
    rotaryDim: rotaryDimOf(config, family, headDim),
    rotation: family.rotation ?? 'half',
    isFused: family.attention === 'fused' || isFalcon,
    cachedHeads: isFalcon && isExpanded ? heads : kvHeads,
    isBroadcast: isFalcon && !isExpanded && kvHeads === 1,
    qkNorm: hasQkNorm ? (family.qkNorm ?? 'none') : 'none',
    qkNormKind: family.norm ?? 'rms',
    window,
    qkvBias: holds(
      family.qkvBias,
      config,
      family.qkvBias === 'qkv_bias' || isBiased(config)
    ),
    outBias: holds(family.outBias, config, isBiased(config)),
    perHead: config.text('model_type', '') === 'gpt_oss' ? 1 : 0,
    isGated: family.isGated ?? false
  };
}

/** Whether query and key are normalized before they meet. */
function isNormed(config: Config, { qkNorm, qkNormIf }: IFamily): boolean {
  const isDefault =
    qkNormIf === 'qk_layernorm' &&
    config.text('model_type', '') === 'persimmon';
  return (
    qkNorm !== undefined &&
    (qkNormIf === undefined || config.flag(qkNormIf, isDefault))
  );
}

/** What `attention_bias` and its like are where a config is silent. */
function isBiased(config: Config): boolean {
  return BIASED.has(config.text('model_type', ''));
}

const BIASED = new Set([
  'glm',
  'glm4',
  'gpt_neox',
  'starcoder2',
  'gpt_oss',
  'seed_oss'
]);

function headDimOf(
  config: Config,
  family: IFamily,
  hiddenSize: number,
  heads: number
): number {
  const known = config.has('head_dim')
    ? config.count('head_dim', CONFIG_LIMITS.width)
    : config.has('kv_channels')
      ? config.count('kv_channels', CONFIG_LIMITS.width)
      : family.headDim;
  const derived = Math.floor(hiddenSize / heads);
  if ((known ?? derived) < 1) {
    throw new PlanError(trans =>
      trans.__(
        '`num_attention_heads` is %1, more than `hidden_size` (%2) has room for.',
        heads,
        hiddenSize
      )
    );
  }
  return known ?? derived;
}

function kvHeadsOf(config: Config, family: IFamily, heads: number): number {
  if (family.attention === 'falcon') {
    const isExpanded = config.flag('new_decoder_architecture', false);
    return isExpanded
      ? config.count('kvHeads', CONFIG_LIMITS.width, heads)
      : config.flag('multi_query', true)
        ? 1
        : heads;
  }
  if (config.text('model_type', '') === 'gpt_bigcode') {
    return config.flag('multi_query', true) ? 1 : heads;
  }
  const groups = config.has('multi_query_group_num')
    ? 'multi_query_group_num'
    : 'kvHeads';
  const kvHeads = config.count(
    groups,
    CONFIG_LIMITS.width,
    family.kvHeads ?? heads
  );
  if (kvHeads > heads) {
    throw new PlanError(trans =>
      trans.__(
        '`num_key_value_heads` (%1) should be at most `num_attention_heads` (%2).',
        kvHeads,
        heads
      )
    );
  }
  return kvHeads;
}

function rotaryDimOf(config: Config, family: IFamily, headDim: number): number {
  const isRotary = (family.positions ?? 'rotary') === 'rotary';
  if (!isRotary || config.flag('alibi', false)) {
    return 0;
  }
  if (config.has('rotary_dim')) {
    return Math.min(headDim, config.count('rotary_dim', CONFIG_LIMITS.width));
  }
  const nested = config.inner('rope_parameters');
  const share = nested?.ratio('partial_rotary_factor', NaN) ?? NaN;
  const named = ['partial_rotary_factor', 'rotary_pct', 'rope_pct']
    .map(name => config.ratio(name, NaN))
    .find(value => !Number.isNaN(value));
  const factor = Number.isNaN(share) ? (named ?? family.rotary ?? 1) : share;
  return Math.min(headDim, Math.floor(headDim * factor));
}
