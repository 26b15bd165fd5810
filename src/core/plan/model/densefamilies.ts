import type { IFamily } from './family';
import { LLAMA, QWEN3 } from './kin';

const GEMMA: IFamily = {
  norm: 'rms-wide',
  tied: true,
  headDim: 256,
  activation: 'gelu_pytorch_tanh',
  qkvBias: 'attention_bias',
  outBias: 'attention_bias'
};

const GLM: IFamily = {
  mlp: 'packed',
  qkvBias: 'attention_bias',
  rotary: 0.5,
  headDim: 128
};

/** Families of today's kind, without experts. */
export const DENSE_FAMILIES: Readonly<Record<string, IFamily>> = {
  llama: LLAMA,
  mistral: { window: 4096, windowed: 'all' },
  ministral: { window: 4096, windowed: 'all' },
  ministral3: { headDim: 128, windowed: 'all' },
  qwen2: { qkvBias: true, windowed: 'if-used' },
  qwen3: QWEN3,
  gemma: GEMMA,
  gemma2: { ...GEMMA, block: 'sandwich', window: 4096, windowed: 2 },
  vaultgemma: { ...GEMMA, window: 4096, windowed: 2 },
  gemma3_text: {
    ...GEMMA,
    block: 'sandwich',
    window: 4096,
    windowed: 6,
    rotaryTables: 2,
    qkNorm: 'head'
  },
  phi: {
    block: 'parallel',
    norm: 'layer',
    normBias: true,
    qkvBias: true,
    outBias: true,
    mlp: 'plain',
    mlpBias: true,
    headBias: true,
    rotary: 0.5,
    activation: 'gelu_new',
    qkNorm: 'head',
    qkNormIf: 'qk_layernorm'
  },
  phi3: { attention: 'fused', mlp: 'packed', windowed: 'all' },
  glm: GLM,
  glm4: { ...GLM, block: 'sandwich' },
  cohere: {
    block: 'parallel',
    norm: 'layer-wide',
    tied: true,
    rotation: 'wide',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    qkNorm: 'head',
    qkNormIf: 'use_qk_norm'
  },
  cohere2: {
    block: 'parallel',
    norm: 'layer-wide',
    tied: true,
    rotation: 'wide',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    window: 4096,
    windowed: 4
  },
  olmo: { ...LLAMA, norm: 'layer-cast', mlpBias: false },
  olmo2: {
    ...LLAMA,
    norm: 'rms-wide',
    block: 'post',
    qkNorm: 'all',
    mlpBias: false
  },
  olmo3: {
    ...LLAMA,
    norm: 'rms-wide',
    block: 'post',
    qkNorm: 'all',
    mlpBias: false,
    window: 4096,
    windowed: 4
  },
  starcoder2: {
    norm: 'layer',
    normBias: true,
    qkvBias: 'use_bias',
    outBias: 'use_bias',
    mlp: 'plain',
    mlpBias: 'use_bias',
    tied: true,
    activation: 'gelu_pytorch_tanh',
    windowed: 'all'
  },
  granite: LLAMA,
  smollm3: { ...LLAMA, tied: true, kvHeads: 4, windowed: 'if-used' },
  stablelm: {
    norm: 'layer',
    normBias: true,
    extraHeld: 1,
    qkvBias: 'use_qkv_bias',
    rotary: 0.25,
    qkNorm: 'head',
    qkNormIf: 'qk_layernorm'
  },
  nemotron: {
    norm: 'layer',
    normBias: true,
    mlp: 'plain',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    mlpBias: 'mlp_bias',
    rotary: 0.5,
    activation: 'relu2'
  },
  lfm2: { tied: true, qkNorm: 'head' },
  exaone4: { block: 'post', qkNorm: 'head', window: 4096, windowed: 4 },
  ernie4_5: {
    tied: true,
    qkvBias: 'use_bias',
    outBias: 'use_bias',
    mlpBias: 'use_bias',
    rotation: 'wide-late'
  },
  hunyuan_v1_dense: { ...LLAMA, qkNorm: 'head' },
  seed_oss: {
    qkvBias: 'attention_bias',
    outBias: 'attention_out_bias',
    mlpBias: 'mlp_bias',
    headDim: 128
  },
  arcee: { ...LLAMA, mlp: 'plain', activation: 'relu2' },
  apertus: {
    mlp: 'plain',
    activation: 'xielu',
    qkNorm: 'head',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias'
  },
  helium: { ...LLAMA, headDim: 128 }
};
