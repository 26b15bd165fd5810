import type { IFamily } from './family';
import { GPT } from './kin';

const BERT: IFamily = {
  ...GPT,
  block: 'encoder',
  attention: 'split',
  activation: 'gelu',
  isEncoder: true
};

/** Families of GPT's and BERT's kind. */
export const GPT_FAMILIES: Readonly<Record<string, IFamily>> = {
  gpt2: { ...GPT, extraHeld: 1 },
  gpt_bigcode: { ...GPT, extraHeld: 1, activation: 'gelu_pytorch_tanh' },
  gpt_neo: {
    ...GPT,
    attention: 'split',
    qkvBias: false,
    eager: 'float',
    window: 256,
    windowed: 2
  },
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
  opt: {
    ...GPT,
    attention: 'split',
    activation: 'relu',
    extraHeld: -1,
    extraPositions: 2
  },
  bloom: {
    ...GPT,
    positions: 'alibi',
    activation: 'gelu-bloom',
    eager: 'alibi'
  },
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
  bert: BERT,
  roberta: BERT,
  'xlm-roberta': BERT,
  electra: BERT,
  distilbert: BERT,
  'deberta-v2': { ...BERT, positions: 'alibi', eager: 'plain' },
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
