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
  /** Of so many layers one has attention, the others a state, if `layer_types` is absent. */
  readonly attentionEvery?: number;
  /** Whether queries come with a gate of their size. */
  readonly isGated?: boolean;
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
  /** How many experts share where the config is silent. */
  readonly shared?: number;
  /** Whether every expert computes every token: Llama 4's. */
  readonly everywhere?: boolean;
}
