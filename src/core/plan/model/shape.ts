import { TranslatedError } from '../../text/translation';

/**
 * What a model is made of, as far as its memory depends on it.
 *
 * Sizes are counts of elements; bytes only appear once a format is chosen.
 */

/** A part of the weights, as the plan lists them. */
export type WeightPart =
  'embedding' | 'attention' | 'feedForward' | 'experts' | 'norm' | 'output';

/**
 * Weight tensors that are alike. `role` is the name that GGUF files use
 * (`attn_q`, `ffn_down`), since quantization recipes go by it.
 */
export interface ITensor {
  readonly role: string;
  readonly part: WeightPart;
  readonly rows: number;
  /** Length of a row, which is what quantized blocks divide. */
  readonly columns: number;
  /** How many of these one module holds: the experts that share one tensor. */
  readonly copies: number;
  /** Whether it is the weight of an `nn.Linear`, which is what bitsandbytes quantizes. */
  readonly isLinear: boolean;
}

/** How a normalization is computed, which decides what it holds meanwhile. */
export type NormKind =
  | 'none'
  /** One fused kernel: `nn.LayerNorm`. */
  | 'layer'
  /** In 32 bit, in Python, cast back before the weight is applied: Llama's. */
  | 'rms'
  /** In 32 bit throughout: Gemma's and OLMo 2's. */
  | 'rms-wide'
  /** A LayerNorm written out in 32 bit: Cohere's. */
  | 'layer-wide'
  /** `layer_norm` of a 32-bit copy: OLMo's. */
  | 'layer-cast';

/** Softmax attention with its own key and value of every head group. */
export interface ISoftmaxAttention {
  readonly kind: 'softmax';
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  /** Elements of each head that are rotated; 0 without rotary positions. */
  readonly rotaryDim: number;
  /** How the rotation is written: in 32 bit it holds twice as much. */
  readonly rotation: 'half' | 'wide' | 'wide-late';
  /** Whether query, key and value come out of one projection. */
  readonly isFused: boolean;
  /** Heads that keys and values are expanded to before they are cached, if more than `kvHeads`. */
  readonly cachedHeads: number;
  /**
   * Whether sdpa gets one key head for many query heads as it is: only its
   * plain mathematics can do that, in 32 bit and with every score in memory.
   */
  readonly isBroadcast: boolean;
  /** Normalization of query and key, over each head or over all of them. */
  readonly qkNorm: 'none' | 'head' | 'all';
  readonly qkNormKind: NormKind;
  /** Tokens that a query sees; null for all. */
  readonly window: number | null;
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  /** Extra parameters of each head, such as gpt-oss's sinks. */
  readonly perHead: number;
  /** A gate of the size of the queries, computed beside them. */
  readonly isGated: boolean;
}

/** Attention over a compressed key and value: DeepSeek's MLA. */
export interface ILatentAttention {
  readonly kind: 'latent';
  readonly heads: number;
  /** Null where queries come from one projection. */
  readonly queryRank: number | null;
  readonly latentRank: number;
  readonly rotaryDim: number;
  readonly plainDim: number;
  readonly valueDim: number;
  readonly window: null;
  readonly bias: boolean;
}

/** A layer that keeps a state of fixed size instead of keys and values. */
export interface IRecurrentAttention {
  readonly kind: 'recurrent';
  /** Its weight tensors, from the family's own formula. */
  readonly tensors: readonly ITensor[];
  /** Elements kept for each sequence, in 32 bit. */
  readonly stateElements: number;
  /** Elements for each token that are alive at the widest moment. */
  readonly widthPerToken: number;
  readonly window: null;
}

export type Attention =
  ISoftmaxAttention | ILatentAttention | IRecurrentAttention;

/** How many outputs of the projection's size an activation holds at once. */
export type Activation =
  | 'fused'
  | 'gelu-python'
  | 'gelu-bloom'
  | 'square'
  | 'sigmoid'
  | 'xielu'
  /** gpt-oss's gate, whose halves are clamped first. */
  | 'clamped';

/** How attention is written out where sdpa is not supported. */
export type EagerKind =
  /** In 16 bit, the softmax in 32. */
  | 'plain'
  /** As `plain`, with gpt-oss's sinks, all in 16 bit. */
  | 'sinks'
  /** Query, key and scores in 32 bit: GPT-J's, GPT-Neo's. */
  | 'float'
  /** BLOOM's. */
  | 'alibi'
  /** MPT's. */
  | 'bias';

/** A dense feed-forward network. */
export interface IDenseFeedForward {
  readonly kind: 'dense';
  /** `gated`: two projections; `packed`: the same in one; `plain`: no gate. */
  readonly form: 'gated' | 'packed' | 'plain';
  readonly width: number;
  readonly activation: Activation;
  readonly bias: boolean;
}

/** A mixture of experts. */
export interface IExpertsFeedForward {
  readonly kind: 'experts';
  readonly experts: number;
  /** Experts that each token goes through. */
  readonly chosen: number;
  readonly width: number;
  readonly activation: Activation;
  readonly bias: boolean;
  /** Width of the network that every token goes through as well; 0 for none. */
  readonly sharedWidth: number;
  readonly hasSharedGate: boolean;
  /** Whether the shared network runs before the others and is held meanwhile. */
  readonly sharedFirst: boolean;
  /** Whether the weights of the choice stay in 32 bit, and with them what they multiply. */
  readonly hasWideWeights: boolean;
  readonly routerBias: boolean;
  /** Whether every expert computes every token, whatever the router says. */
  readonly everywhere: boolean;
}

export type FeedForward = IDenseFeedForward | IExpertsFeedForward;

/** How the parts of a layer follow one another. */
export type Block =
  /** Norm, attention, add; norm, feed-forward, add. */
  | 'sequential'
  /** As `sequential`, with a norm after each part too. */
  | 'sandwich'
  /** The norm follows the part. */
  | 'post'
  /** One norm; attention and feed-forward side by side. */
  | 'parallel'
  /** As `parallel`, with a norm for each. */
  | 'parallel-two'
  /** Part, add, norm: BERT's. */
  | 'encoder';

/** What llama.cpp keeps of a layer, as its file says it. */
export interface IKept {
  /** Elements of the keys and values of one token. */
  readonly tokenElements: number;
  /** Elements of a state, in 32 bit. */
  readonly stateElements: number;
  /** Tokens that it keeps at most, but for a batch; null for all. */
  readonly window: number | null;
}

/** One layer. Layers that are alike are the same object. */
export interface ILayer {
  readonly attention: Attention;
  /** Null where a layer is attention (or a state) only. */
  readonly feedForward: FeedForward | null;
  /** Absent where no file says it: then it follows from the attention. */
  readonly kept?: IKept;
}

/** Why a figure is less sure than usual. */
export type Uncertainty =
  /** The architecture is not in the table: taken for a Llama-like one. */
  | 'unknown-architecture'
  /** Layers with a state: what they hold meanwhile is not known well. */
  | 'recurrent'
  /** A part of the model (vision, audio) is left out. */
  | 'partial'
  /** Taken from tensor names alone. */
  | 'from-tensors'
  /** The config of an unknown architecture has fields of structure that the planner does not read. */
  | 'unread-fields'
  /** Sizes that the config leaves out, as the library's defaults. */
  | 'omitted-fields'
  /** The weights are published in a format that is not planned for. */
  | 'unknown-format'
  /** The weight files beside the config are not as large as it says. */
  | 'files-differ';

/** What a model is made of. */
export interface IModelShape {
  /** `model_type` of the config, or `general.architecture` of a GGUF file. */
  readonly architecture: string;
  readonly uncertainties: readonly Uncertainty[];
  /** What a doubt is about, where that is not the architecture: fields, a format, bytes. */
  readonly about?: Readonly<Partial<Record<Uncertainty, string | number>>>;
  readonly isEncoder: boolean;
  readonly hiddenSize: number;
  readonly vocabSize: number;
  /** Longest sequence it is made for; null if it doesn't say. */
  readonly contextLimit: number | null;
  readonly isTied: boolean;
  readonly block: Block;
  readonly norm: NormKind;
  readonly normBias: boolean;
  /** How attention is written out, holding every score; null where sdpa does it. */
  readonly eager: EagerKind | null;
  /** Whether a mask of all pairs of tokens is made even without a window. */
  readonly isMasked: boolean;
  /** Tensors of the model's width that a layer happens to hold while it feeds forward. */
  readonly extraHeld: number;
  /** Pairs of tables of rotary positions: two where windowed layers have their own. */
  readonly rotaryTables: number;
  /** Tensors outside of the layers, the embedding first and the output last. */
  readonly outer: readonly ITensor[];
  readonly layers: readonly ILayer[];
  /** Exact sizes of a file's tensors, in bytes, where a file said them. */
  readonly file: IFileSizes | null;
}

/** What a file says of its own size. */
export interface IFileSizes {
  readonly format: string;
  readonly weightsByPart: Readonly<Record<WeightPart, number>>;
  /** Bytes of the repeating layers, for splitting between GPU and CPU. */
  readonly layerBytes: readonly number[];
  readonly parameters: number;
}

/** @see IModelShape */
export type ModelShape = IModelShape;

/** Thrown for a config or a file that can't be planned for; the message names the field. */
export class PlanError extends TranslatedError {}
