import type { Config } from './config';
import { CONFIG_LIMITS } from './config';
import { tensor, vector } from './outer';
import type { IRecurrentAttention, ITensor } from './shape';

/** A layer that keeps a state: Gated DeltaNet, Mamba 2, or a short convolution. */
export function recurrentOf(
  config: Config,
  architecture: string,
  hiddenSize: number
): IRecurrentAttention {
  if (config.has('linear_num_value_heads')) {
    return deltaNet(config, hiddenSize);
  }
  return architecture.startsWith('lfm2')
    ? shortConvolution(config, hiddenSize)
    : mamba(config, hiddenSize);
}

/** Tokens of a chunk in the Mamba layers of transformers. */
const MAMBA_CHUNK = 256;

function made(
  tensors: readonly ITensor[],
  stateElements: number,
  widthPerToken: number
): IRecurrentAttention {
  return {
    kind: 'recurrent',
    tensors,
    stateElements,
    widthPerToken,
    window: null
  };
}

/** Qwen3-Next's: a matrix for each value head, and the tail of a convolution. */
function deltaNet(config: Config, hiddenSize: number): IRecurrentAttention {
  const size = (name: string): number =>
    config.count(name, CONFIG_LIMITS.width);
  const keys = size('linear_num_key_heads') * size('linear_key_head_dim');
  const valueHeads = size('linear_num_value_heads');
  const values = valueHeads * size('linear_value_head_dim');
  const kernel = config.count('linear_conv_kernel_dim', 64, 4);
  const mixed = 2 * keys + values;
  const part = 'attention';
  return made(
    [
      tensor('ssm_in', part, mixed + values, hiddenSize, true),
      tensor('ssm_ba', part, 2 * valueHeads, hiddenSize, true),
      tensor('ssm_conv1d', part, mixed, kernel),
      vector(part, 2 * valueHeads),
      vector('norm', size('linear_value_head_dim')),
      tensor('ssm_out', part, hiddenSize, values, true)
    ],
    valueHeads * size('linear_key_head_dim') * size('linear_value_head_dim') +
      mixed * kernel,
    // In 32 bit: query and key at the value heads, value, and their chunked copies.
    8 * (mixed + values)
  );
}

function shortConvolution(
  config: Config,
  hiddenSize: number
): IRecurrentAttention {
  const kernel = config.count('conv_L_cache', 64, 3);
  return made(
    [
      tensor('shortconv_in', 'attention', 3 * hiddenSize, hiddenSize, true),
      tensor('shortconv', 'attention', hiddenSize, kernel),
      tensor('shortconv_out', 'attention', hiddenSize, hiddenSize, true)
    ],
    hiddenSize * kernel,
    8 * hiddenSize
  );
}

function mamba(config: Config, hiddenSize: number): IRecurrentAttention {
  const expand = config.ratio('mamba_expand', config.ratio('expand', 2));
  const inner = Math.round(hiddenSize * expand);
  const state = config.count(
    config.has('mamba_d_state') ? 'mamba_d_state' : 'state_size',
    4096,
    128
  );
  const groups = config.count(
    config.has('mamba_n_groups') ? 'mamba_n_groups' : 'n_groups',
    4096,
    1
  );
  const headDim = config.count(
    config.has('mamba_d_head') ? 'mamba_d_head' : 'mamba_head_dim',
    4096,
    64
  );
  const kernel = config.count(
    config.has('mamba_d_conv') ? 'mamba_d_conv' : 'conv_kernel',
    64,
    4
  );
  const heads = Math.max(1, Math.floor(inner / headDim));
  const mixed = inner + 2 * groups * state;
  const part = 'attention';
  return made(
    [
      tensor('ssm_in', part, inner + mixed + heads, hiddenSize, true),
      tensor('ssm_conv1d', part, mixed, kernel + 1),
      vector(part, 3 * heads),
      vector('norm', inner),
      tensor('ssm_out', part, hiddenSize, inner, true)
    ],
    inner * state + mixed * kernel,
    // Without the mamba-ssm package: products of all pairs in a chunk, for every head and state.
    2 * Math.max(8 * (inner + mixed), MAMBA_CHUNK * heads * state)
  );
}
