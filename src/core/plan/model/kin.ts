import type { IFamily } from './family';

/** What several families have in common. */

export const LLAMA: IFamily = {
  qkvBias: 'attention_bias',
  outBias: 'attention_bias',
  mlpBias: 'mlp_bias'
};

export const GPT: IFamily = {
  norm: 'layer',
  normBias: true,
  attention: 'fused',
  qkvBias: true,
  outBias: true,
  mlp: 'plain',
  mlpBias: true,
  positions: 'learned',
  tied: true,
  activation: 'gelu_new'
};

export const QWEN3: IFamily = {
  ...LLAMA,
  mlpBias: false,
  qkNorm: 'head',
  headDim: 128,
  windowed: 'if-used'
};
