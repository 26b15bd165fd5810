import type { IFamily } from './family';
import { LLAMA, QWEN3 } from './kin';

const QWEN3_NEXT: IFamily = {
  ...QWEN3,
  headDim: 256,
  rotary: 0.25,
  attentionEvery: 4,
  isGated: true
};

const DEEPSEEK: IFamily = {
  attention: 'latent',
  experts: { sharedCount: 'n_shared_experts', dense: 0, wide: true }
};

/** Families with experts, with compressed attention, or with layers that keep a state. */
export const MOE_FAMILIES: Readonly<Record<string, IFamily>> = {
  mixtral: { experts: { wide: true }, windowed: 'all' },
  qwen2_moe: {
    qkvBias: 'qkv_bias',
    isMasked: true,
    windowed: 'if-used',
    experts: {
      sharedWidth: 'shared_expert_intermediate_size',
      sharedGate: true,
      sharedFirst: true
    }
  },
  qwen3_moe: { ...QWEN3, headDim: undefined, experts: {} },
  phimoe: {
    norm: 'layer',
    normBias: true,
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    headBias: 'lm_head_bias',
    windowed: 'all',
    experts: {}
  },
  glm4_moe: {
    qkvBias: 'attention_bias',
    rotary: 0.5,
    qkNorm: 'head',
    qkNormIf: 'use_qk_norm',
    experts: { sharedCount: 'n_shared_experts', dense: 1, wide: true }
  },
  olmoe: { ...LLAMA, mlpBias: false, qkNorm: 'all', experts: {} },
  granitemoe: { ...LLAMA, experts: {} },
  granitemoeshared: {
    ...LLAMA,
    experts: { sharedWidth: 'shared_intermediate_size' }
  },
  deepseek_v2: DEEPSEEK,
  deepseek_v3: {
    ...DEEPSEEK,
    experts: { sharedCount: 'n_shared_experts', dense: 3, wide: true }
  },
  glm4_moe_lite: {
    ...DEEPSEEK,
    experts: { sharedCount: 'n_shared_experts', dense: 1, wide: true }
  },
  dots1: {
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    qkNorm: 'head',
    experts: { sharedCount: 'n_shared_experts', wide: true }
  },
  solar_open: {
    experts: { sharedCount: 'n_shared_experts', shared: 1, wide: true }
  },
  minimax_m2: { qkNorm: 'all', headDim: 128, experts: { wide: true } },
  hunyuan_v1_moe: {
    ...LLAMA,
    qkNorm: 'head',
    experts: { sharedCount: 'num_shared_expert', shared: 1, wide: true }
  },
  llama4_text: {
    ...LLAMA,
    mlpBias: false,
    experts: { everywhere: true, shared: 1 }
  },
  qwen3_next: {
    ...QWEN3_NEXT,
    experts: {
      sharedWidth: 'shared_expert_intermediate_size',
      sharedGate: true,
      sharedFirst: true
    }
  },
  qwen3_5_text: QWEN3_NEXT,
  qwen3_5_moe_text: {
    ...QWEN3_NEXT,
    experts: {
      sharedWidth: 'shared_expert_intermediate_size',
      sharedGate: true,
      sharedFirst: true
    }
  },
  granitemoehybrid: {
    ...LLAMA,
    mlpBias: false,
    positions: 'alibi',
    experts: { sharedWidth: 'shared_intermediate_size' }
  },
  gpt_oss: {
    ...LLAMA,
    mlpBias: false,
    headDim: 64,
    window: 128,
    windowed: 2,
    eager: 'sinks',
    activation: 'clamped',
    experts: { bias: true, routerBias: true }
  },
  ernie4_5_moe: {
    tied: true,
    qkvBias: 'use_bias',
    outBias: 'use_bias',
    rotation: 'wide-late',
    experts: { sharedCount: 'moe_num_shared_experts', dense: 1 }
  }
};
