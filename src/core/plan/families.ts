import type { Block, EagerKind, NormKind } from './shape';

/** Whether something is there: always, never, or as a field of the config says. */
export type Rule = boolean | string;

/**
 * What a family's modules are like where its config does not say.
 *
 * All of it is read off the public model definitions (transformers 5.17, `models/*`);
 * what is not listed is as in Llama.
 */
export interface IFamily {
  readonly block?: Block;
  readonly norm?: NormKind;
  readonly normBias?: boolean;
  /** What kind of attention there is by default. */
  readonly attention?: 'split' | 'fused' | 'latent' | 'falcon' | 'conv';
  readonly qkvBias?: Rule;
  readonly outBias?: Rule;
  readonly mlp?: 'gated' | 'packed' | 'plain';
  readonly mlpBias?: Rule;
  readonly headBias?: Rule;
  readonly qkNorm?: 'head' | 'all';
  /** A field that must be true for `qkNorm` to be there. */
  readonly qkNormIf?: string;
  readonly rotation?: 'wide' | 'wide-late';
  /** Share of a head that is rotated, if the config doesn't say. */
  readonly rotary?: number;
  readonly positions?: 'rotary' | 'learned' | 'alibi';
  /** Rows of the table of learned positions beyond the longest context. */
  readonly extraPositions?: number;
  readonly tied?: boolean;
  readonly headDim?: number;
  readonly kvHeads?: number;
  readonly activation?: string;
  /** Tokens of a window where the config is silent. */
  readonly window?: number;
  /** Which layers have the window, if `layer_types` is absent. */
  readonly windowed?: 'all' | 'if-used' | 'none' | number;
  readonly experts?: IExpertsFamily;
  readonly eager?: EagerKind;
  readonly isMasked?: boolean;
  readonly extraHeld?: number;
  readonly rotaryTables?: number;
  readonly isEncoder?: boolean;
  /** A vision, audio or per-layer part that is not counted. */
  readonly isPartial?: boolean;
}

/** The experts of a family. */
export interface IExpertsFamily {
  /** Field with the width of the shared network, or with how many experts share. */
  readonly sharedWidth?: string;
  readonly sharedCount?: string;
  readonly sharedGate?: boolean;
  readonly sharedFirst?: boolean;
  readonly wide?: boolean;
  readonly bias?: boolean;
  readonly routerBias?: boolean;
  /** Layers at the start that are dense, where the config is silent. */
  readonly dense?: number;
}

const GPT: IFamily = {
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

const GEMMA: IFamily = {
  norm: 'rms-wide',
  tied: true,
  headDim: 256,
  activation: 'gelu_pytorch_tanh',
  qkvBias: 'attention_bias',
  outBias: 'attention_bias'
};

const BERT: IFamily = {
  ...GPT,
  block: 'encoder',
  attention: 'split',
  activation: 'gelu',
  isEncoder: true
};

const LLAMA: IFamily = {
  qkvBias: 'attention_bias',
  outBias: 'attention_bias',
  mlpBias: 'mlp_bias'
};

const GLM: IFamily = {
  mlp: 'packed',
  qkvBias: 'attention_bias',
  rotary: 0.5,
  headDim: 128
};

const QWEN3: IFamily = { ...LLAMA, mlpBias: false, qkNorm: 'head', headDim: 128, windowed: 'if-used' };

const DEEPSEEK: IFamily = {
  attention: 'latent',
  experts: { sharedCount: 'n_shared_experts', dense: 0, wide: true }
};

/** The families that are known by `model_type`. */
export const FAMILIES: Readonly<Record<string, IFamily>> = {
  llama: LLAMA,
  mistral: { window: 4096, windowed: 'all' },
  ministral: { window: 4096, windowed: 'all' },
  ministral3: { headDim: 128, windowed: 'all' },
  mixtral: { experts: { wide: true }, windowed: 'all' },
  qwen2: { qkvBias: true, windowed: 'if-used' },
  qwen3: QWEN3,
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
  phimoe: {
    norm: 'layer',
    normBias: true,
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    headBias: 'lm_head_bias',
    windowed: 'all',
    experts: {}
  },
  gpt2: { ...GPT, extraHeld: 1 },
  gpt_bigcode: { ...GPT, extraHeld: 1, activation: 'gelu_pytorch_tanh' },
  gpt_neo: { ...GPT, attention: 'split', qkvBias: false, eager: 'float', window: 256, windowed: 2 },
  gpt_neox: {
    ...GPT,
    block: 'parallel-two',
    positions: 'rotary',
    rotary: 0.25,
    tied: false,
    activation: 'gelu',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias'
  },
  gptj: {
    ...GPT,
    block: 'parallel',
    attention: 'split',
    positions: 'rotary',
    qkvBias: false,
    outBias: false,
    headBias: true,
    tied: false,
    eager: 'float'
  },
  codegen: {
    ...GPT,
    block: 'parallel',
    positions: 'rotary',
    qkvBias: false,
    outBias: false,
    headBias: true,
    tied: false,
    eager: 'float'
  },
  opt: { ...GPT, attention: 'split', activation: 'relu', extraHeld: -1, extraPositions: 2 },
  bloom: { ...GPT, positions: 'alibi', activation: 'gelu-bloom', eager: 'alibi' },
  mpt: {
    ...GPT,
    positions: 'alibi',
    normBias: false,
    qkvBias: false,
    outBias: false,
    mlpBias: false,
    activation: 'gelu',
    eager: 'bias'
  },
  falcon: {
    ...GPT,
    block: 'parallel',
    attention: 'falcon',
    isMasked: true,
    positions: 'rotary',
    qkvBias: 'bias',
    outBias: 'bias',
    mlpBias: 'bias',
    activation: 'gelu'
  },
  persimmon: {
    ...GPT,
    positions: 'rotary',
    rotary: 0.5,
    tied: false,
    activation: 'relu2',
    qkNorm: 'head',
    qkNormIf: 'qk_layernorm'
  },
  glm: GLM,
  glm4: { ...GLM, block: 'sandwich' },
  glm4_moe: {
    qkvBias: 'attention_bias',
    rotary: 0.5,
    qkNorm: 'head',
    qkNormIf: 'use_qk_norm',
    experts: { sharedCount: 'n_shared_experts', dense: 1, wide: true }
  },
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
  olmo2: { ...LLAMA, norm: 'rms-wide', block: 'post', qkNorm: 'all', mlpBias: false },
  olmo3: {
    ...LLAMA,
    norm: 'rms-wide',
    block: 'post',
    qkNorm: 'all',
    mlpBias: false,
    window: 4096,
    windowed: 4
  },
  olmoe: { ...LLAMA, mlpBias: false, qkNorm: 'all', experts: {} },
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
  granitemoe: { ...LLAMA, experts: {} },
  granitemoeshared: {
    ...LLAMA,
    experts: { sharedWidth: 'shared_intermediate_size' }
  },
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
  deepseek_v2: DEEPSEEK,
  deepseek_v3: {
    ...DEEPSEEK,
    experts: { sharedCount: 'n_shared_experts', dense: 3, wide: true }
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
  apertus: { mlp: 'plain', activation: 'xielu', qkNorm: 'head', qkvBias: 'attention_bias', outBias: 'attention_bias' },
  helium: { ...LLAMA, headDim: 128 },
  bert: BERT,
  roberta: BERT,
  'xlm-roberta': BERT,
  electra: BERT,
  distilbert: BERT,
  modernbert: {
    norm: 'layer',
    attention: 'fused',
    qkvBias: 'attention_bias',
    outBias: 'attention_bias',
    mlp: 'packed',
    mlpBias: 'mlp_bias',
    activation: 'gelu',
    window: 128,
    windowed: 3,
    rotaryTables: 2,
    isEncoder: true
  }
};
