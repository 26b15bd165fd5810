import { holds } from './attention';
import type { Config } from './config';
import { CONFIG_LIMITS } from './config';
import type { IExpertsFamily, IFamily } from './family';
import type {
  Activation,
  FeedForward,
  IDenseFeedForward,
  IExpertsFeedForward
} from './shape';
import { PlanError } from './shape';

/** Activations that are more than one kernel, by how much they hold meanwhile. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu_new: 'gelu-python',
  gelu_fast: 'gelu-python',
  'gelu-bloom': 'gelu-bloom',
  relu2: 'square',
  relu_squared: 'square',
  xielu: 'xielu',
  quick_gelu: 'sigmoid'
};

/** The feed-forward networks of the layers, which are alike but for experts. */
export function feedForwardsOf(
  config: Config,
  family: IFamily,
  hiddenSize: number
): { dense: () => FeedForward; at: (layer: number) => FeedForward } {
  const dense = denseOf(config, family, hiddenSize);
  const hasExperts =
    config.flag('is_moe', true) &&
    config.has('experts') &&
    config.count('experts', CONFIG_LIMITS.experts, 0, 0) > 1;
  if (!hasExperts) {
    return { dense, at: dense };
  }
  const experts = expertsOf(config, family);
  const isDense = denseLayers(config, family.experts ?? {});
  return { dense, at: layer => (isDense(layer) ? dense() : experts) };
}

function activationOf(config: Config, family: IFamily): Activation {
  if (family.activation === 'clamped') {
    return 'clamped';
  }
  const name = config.text('activation', family.activation ?? 'silu');
  return Object.prototype.hasOwnProperty.call(ACTIVATIONS, name)
    ? (ACTIVATIONS[name] ?? 'fused')
    : 'fused';
}

function denseOf(
  config: Config,
  family: IFamily,
  hiddenSize: number
): () => IDenseFeedForward {
  let made: IDenseFeedForward | null = null;
  return () =>
    (made ??= {
      kind: 'dense',
      form: family.mlp ?? 'gated',
      width: widthOf(config, family, hiddenSize),
      activation:
        family.activation === 'gelu-bloom'
          ? 'gelu-bloom'
          : activationOf(config, family),
      bias: holds(
        family.mlpBias,
        config,
        config.text('model_type', '') === 'starcoder2'
      )
    });
}

function widthOf(config: Config, family: IFamily, hiddenSize: number): number {
  if (config.flag('block_auto_adjust_ff_dim', false)) {
    return adjustedWidth(config);
  }
  const ratio = config.ratio('expansion_ratio', 4);
  const isDerived = family.mlp === 'plain';
  return config.count(
    config.has('intermediate_size_mlp') ? 'intermediate_size_mlp' : 'width',
    CONFIG_LIMITS.width,
    isDerived ? Math.round(hiddenSize * ratio) : undefined
  );
}

/** LFM2's: two thirds of the width, up to the next multiple. */
function adjustedWidth(config: Config): number {
  const field = config.has('block_ff_dim') ? 'block_ff_dim' : 'width';
  const width = Math.floor((2 * config.count(field, CONFIG_LIMITS.width)) / 3);
  const wanted = Math.floor(
    config.ratio('block_ffn_dim_multiplier', 1) * width
  );
  const multiple = config.count('block_multiple_of', CONFIG_LIMITS.width, 256);
  return Math.ceil(wanted / multiple) * multiple;
}

function expertsOf(config: Config, family: IFamily): IExpertsFeedForward {
  const traits = family.experts ?? {};
  const experts = config.count('experts', CONFIG_LIMITS.experts);
  const chosen = config.count('chosen', experts, Math.min(2, experts));
  const width = config.count(
    config.has('expertWidth') ? 'expertWidth' : 'width',
    CONFIG_LIMITS.width
  );
  return {
    kind: 'experts',
    experts,
    chosen,
    width,
    activation: activationOf(config, family),
    bias: traits.bias ?? false,
    sharedWidth: sharedWidthOf(config, traits, width),
    hasSharedGate: traits.sharedGate ?? false,
    sharedFirst: traits.sharedFirst ?? false,
    hasWideWeights: traits.wide ?? false,
    routerBias: traits.routerBias ?? false,
    everywhere: traits.everywhere ?? false
  };
}

function sharedWidthOf(
  config: Config,
  traits: IExpertsFamily,
  width: number
): number {
  const field = traits.sharedWidth ?? 'shared_expert_intermediate_size';
  if (config.has(field)) {
    return config.count(field, CONFIG_LIMITS.width, 0, 0);
  }
  const count = traits.sharedCount ?? 'n_shared_experts';
  // Some configs list a number for each layer.
  const [each] = config.counts(count);
  return (
    width *
    (each ?? config.count(count, CONFIG_LIMITS.experts, traits.shared ?? 0, 0))
  );
}

/** Which layers have a dense network although the others have experts. */
function denseLayers(
  config: Config,
  traits: IExpertsFamily
): (layer: number) => boolean {
  const named = new Set(config.counts('mlp_only_layers'));
  const first = config.count(
    config.has('moe_layer_start_index')
      ? 'moe_layer_start_index'
      : 'first_k_dense_replace',
    CONFIG_LIMITS.layers,
    traits.dense ?? 0,
    0
  );
  const step = config.count(
    config.has('interleave_moe_layer_step')
      ? 'interleave_moe_layer_step'
      : 'decoder_sparse_step',
    CONFIG_LIMITS.layers,
    1,
    1
  );
  const types = config.texts('mlp_layer_types');
  if (types.some(type => type !== 'dense' && type !== 'sparse')) {
    throw new PlanError(trans =>
      trans.__('`mlp_layer_types` should list `dense` or `sparse`.')
    );
  }
  return layer =>
    types[layer] !== undefined
      ? types[layer] === 'dense'
      : named.has(layer) || layer < first || (layer + 1) % step !== 0;
}
