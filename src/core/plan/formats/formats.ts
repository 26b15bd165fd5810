import { RECIPES } from './ggml';
import { quantizationMixBytes } from './quantmix';
import quantization from './quantization.json' with { type: 'json' };
import type { IModelShape, ITensor } from '../model/shape';
import { PlanError } from '../model/shape';

/** Which program runs a model. */
export type Runtime = 'transformers' | 'llama.cpp';

/** What a linear layer of a format needs besides its output. */
export interface ILinearCost {
  /** Bytes that are alive while the output is made, for a weight of `rows` × `columns`. */
  scratch(rows: number, columns: number, tokens: number): readonly number[];
}

/** How weights are stored and computed with. */
export interface IFormat {
  readonly name: string;
  readonly runtime: Runtime;
  readonly isQuantised: boolean;
  /** Whether the weights are quantized on the GPU, from 16 bit, as they are loaded. */
  readonly isMadeOnLoad: boolean;
  /** Bytes of an element that the format leaves as it is, and of activations. */
  readonly elementBytes: number;
  /** The separate allocations of `tensor` on the GPU, in bytes. */
  stored(shape: IModelShape, tensor: ITensor, layer: number): number[];
  readonly cost: ILinearCost;
  /** Bytes that the format's kernels hold all the time, given the largest matrix. */
  held(elements: number): number;
}

const nothingHeld = (): number => 0;

const NO_COST: ILinearCost = { scratch: () => [] };

/** Below this many tokens, 4-bit weights are multiplied without being expanded first. */
const EXPANDED_FROM_TOKENS = 5;
/** bitsandbytes, `functional.py`: elements that share a scale, and scales that share one. */
const BLOCK = 64;
const NESTED_BLOCK = 256;
/** The codebook of 16 values, the nested one of 256, the offset: 32 bit each. */
const CODE_BYTES = 16 * 4;
const NESTED_CODE_BYTES = 256 * 4;
const OFFSET_BYTES = 4;
/** The usual group of GPTQ and AWQ checkpoints. */
const GROUP = 128;
/** Fine-grained FP8 scales one block of 128 × 128. */
const FP8_BLOCK = 128;

function elementsOf({ rows, columns, copies }: ITensor): number {
  return rows * columns * copies;
}

function plain(name: string, elementBytes: number): IFormat {
  return {
    name,
    runtime: 'transformers',
    isQuantised: false,
    isMadeOnLoad: false,
    elementBytes,
    stored: (_, tensor) => [elementsOf(tensor) * elementBytes],
    cost: NO_COST,
    held: nothingHeld
  };
}

/** A format that quantizes only some tensors, and leaves the others in 16 bit. */
function partial(
  name: string,
  covers: (tensor: ITensor) => boolean,
  stored: (tensor: ITensor) => number[],
  cost: ILinearCost,
  held = nothingHeld as IFormat['held']
): IFormat {
  return {
    name,
    runtime: 'transformers',
    isQuantised: true,
    isMadeOnLoad: /^(int8|nf4|fp4)/.test(name),
    elementBytes: 2,
    stored: (_, tensor) =>
      covers(tensor) ? stored(tensor) : [elementsOf(tensor) * 2],
    cost,
    held
  };
}

/** Only `nn.Linear` is quantized by bitsandbytes: no embedding, no output, no fused experts. */
const isLinear = (tensor: ITensor): boolean =>
  tensor.isLinear && tensor.part !== 'output';

/** Checkpoints that were quantized beforehand have their experts quantized too. */
const isMatrix = (tensor: ITensor): boolean =>
  isLinear(tensor) || (tensor.part === 'experts' && tensor.rows > 1);

function fourBit(name: string, isNested: boolean): IFormat {
  const scales = (elements: number): number => Math.ceil(elements / BLOCK);
  return partial(
    name,
    isLinear,
    tensor => {
      const elements = elementsOf(tensor);
      const blocks = scales(elements);
      const packed = Math.ceil(elements / 2);
      return isNested
        ? [
            packed,
            blocks,
            4 * Math.ceil(blocks / NESTED_BLOCK),
            CODE_BYTES,
            NESTED_CODE_BYTES,
            OFFSET_BYTES
          ]
        : [packed, 4 * blocks, CODE_BYTES];
    },
    {
      // The weight is expanded to 16 bit, and nested scales to 32 bit.
      scratch: (rows, columns, tokens) =>
        tokens < EXPANDED_FROM_TOKENS
          ? []
          : isNested
            ? [4 * scales(rows * columns), 2 * rows * columns]
            : [2 * rows * columns]
    }
  );
}

/** LLM.int8(): rows with a scale each; the input in 16 and 8 bit, the product in 32. */
const INT8 = partial(
  'int8',
  isLinear,
  tensor => [elementsOf(tensor), 4 * tensor.rows * tensor.copies],
  {
    scratch: (rows, columns, tokens) => [
      2 * tokens * columns,
      tokens * columns,
      4 * tokens * rows,
      2 * tokens * rows
    ]
  }
);

const FP8 = partial(
  'fp8',
  isMatrix,
  tensor => [
    elementsOf(tensor),
    4 *
      tensor.copies *
      Math.ceil(tensor.rows / FP8_BLOCK) *
      Math.ceil(tensor.columns / FP8_BLOCK)
  ],
  { scratch: (_, columns, tokens) => [tokens * columns] }
);

/** gpt-oss's: only experts, in blocks of 32 with an 8-bit scale. */
const MXFP4 = partial(
  'mxfp4',
  tensor => tensor.part === 'experts' && tensor.rows > 1,
  tensor => [elementsOf(tensor) / 2, elementsOf(tensor) / 32],
  NO_COST
);

/** GPTQ and AWQ: packed integers, and for each group a 16-bit scale and a packed zero. */
function grouped(name: string, bits: number, hasOrder: boolean): IFormat {
  const isKept = hasOrder && bits === 4;
  return partial(
    name,
    isMatrix,
    tensor => {
      const elements = elementsOf(tensor);
      const groups =
        tensor.copies * tensor.rows * Math.ceil(tensor.columns / GROUP);
      return [
        (elements * bits) / 8,
        2 * groups,
        (groups * bits) / 8,
        // Which group each column belongs to.
        ...(hasOrder ? [4 * tensor.columns * tensor.copies] : [])
      ];
    },
    // ExLlama's kernels for 4-bit GPTQ expand into a buffer that they keep, the others as they go.
    isKept
      ? NO_COST
      : {
          scratch: (rows, columns, tokens) =>
            tokens < 50 ? [] : [2 * rows * columns]
        },
    elements => (isKept ? 2 * elements : 0)
  );
}

function gguf(recipe: string): IFormat {
  return {
    name: recipe,
    runtime: 'llama.cpp',
    isQuantised: true,
    isMadeOnLoad: false,
    elementBytes: 2,
    stored: (shape, tensor, layer) => [
      quantizationMixBytes(shape, recipe, tensor, layer)
    ],
    cost: NO_COST,
    held: nothingHeld
  };
}

const FORMATS = new Map<string, IFormat>(
  [
    plain('fp32', 4),
    plain('fp16', 2),
    plain('bf16', 2),
    FP8,
    INT8,
    MXFP4,
    fourBit('nf4', false),
    fourBit('nf4-dq', true),
    fourBit('fp4', false),
    fourBit('fp4-dq', true),
    grouped('gptq-int4', 4, true),
    grouped('gptq-int8', 8, true),
    grouped('awq-int4', 4, false),
    grouped('awq-int8', 8, false),
    ...RECIPES.map(gguf)
  ].map(format => [format.name.toLowerCase(), format])
);

/** Other names of the same formats. */
const ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries(quantization.aliases)
);

/** Every format's name. */
export const FORMAT_NAMES: readonly string[] = [...FORMATS.values()].map(
  ({ name }) => name
);

/**
 * The format that is planned for: of a file its own, unless another was asked for by name.
 *
 * @throws PlanError for a name that is not known.
 */
export function formatFor(
  { file }: Pick<IModelShape, 'file'>,
  isAskedFor: boolean,
  asked: { readonly format: string; readonly runtime: Runtime | undefined }
): IFormat {
  const name = file && !isAskedFor ? file.format : asked.format;
  return formatNamed(name, asked.runtime);
}

/**
 * The format of that name, in any case.
 *
 * `runtime` decides what `f32`, `f16` and `bf16` mean, which both know.
 *
 * @throws PlanError for a name that is not known.
 */
export function formatNamed(name: string, runtime?: Runtime): IFormat {
  const lower = name.toLowerCase();
  const plainName =
    runtime === 'llama.cpp' ? lower.replace(/^(fp|bf)/, 'f') : lower;
  const format = FORMATS.get(ALIASES.get(plainName) ?? plainName) ?? null;
  if (format === null) {
    throw new PlanError(trans =>
      trans.__(
        "There is no format '%1'. The formats are: %2.",
        name.slice(0, 40),
        FORMAT_NAMES.join(', ')
      )
    );
  }
  return format;
}
