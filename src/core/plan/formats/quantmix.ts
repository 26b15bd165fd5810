import { BLOCK_FORMATS, blockBytes } from './ggml';
import quantization from './quantization.json' with { type: 'json' };
import { inherited } from '../model/inherited';
import type { Row } from '../model/inherited';
import type { IModelShape, ITensor } from '../model/shape';

/**
 * Which block format llama.cpp gives each tensor of a quantized file.
 *
 * A name such as Q4_K_M is a recipe, not a number of bits: some tensors get
 * more. What each recipe gives stands in `quantization.json`.
 */

/** The format of most tensors, as `base`, and for roles of tensors the rules for others. */
interface IRecipe {
  readonly base: string;
  readonly [role: string]: string | readonly Rule[];
}

/** A format, and the conditions under which a tensor gets it; the first rule that applies counts. */
type Rule = readonly string[];

/** What the conditions look at. */
interface IPlace {
  readonly columns: number;
  readonly layer: number;
  readonly layers: number;
  readonly groups: number;
  readonly experts: number;
  readonly isFalcon: boolean;
  readonly isSeventy: boolean;
}

type Rows = Readonly<Record<string, Row<IRecipe>>>;

const RECIPES = inherited(
  quantization.recipes as Rows,
  quantization.bases as Rows
);
const COMMON: Readonly<Record<string, readonly Rule[]>> = quantization.common;
const ROLES: Readonly<Record<string, string>> = quantization.roles;
const FALLBACKS: Readonly<Record<string, string>> = quantization.fallbacks;

/** What a rule can ask of a tensor's place. */
export const CONDITIONS: Readonly<Record<string, (place: IPlace) => boolean>> =
  {
    falcon: ({ isFalcon }) => isFalcon,
    'not-falcon': ({ isFalcon }) => !isFalcon,
    'llama-70b': ({ isSeventy }) => isSeventy,
    grouped: ({ groups }) => groups >= 4,
    'four-experts': ({ experts }) => experts >= 4,
    'eight-experts': ({ experts }) => experts === 8,
    'columns-off-256': ({ columns }) => columns % 256 !== 0,
    'layer-0-or-1': ({ layer }) => layer < 2,
    'layer-0-to-3': ({ layer }) => layer < 4,
    'first-sixteenth': ({ layer, layers }) => layer < Math.floor(layers / 16),
    'first-eighth': ({ layer, layers }) => layer < Math.floor(layers / 8),
    'first-eighth-rounded-up': ({ layer, layers }) => layer < layers / 8,
    'inner-layer': ({ layer, layers }) =>
      layer >= layers / 8 && layer < (7 * layers) / 8,
    'gets-more': getsMore
  };

/** Bytes of `tensor` in a file of `recipe`, where it stands in layer `layer` (-1: outside). */
export function quantizationMixBytes(
  shape: IModelShape,
  recipe: string,
  tensor: ITensor,
  layer: number
): number {
  const { rows, columns, copies } = tensor;
  const name = blockFormat(shape, recipe, tensor, layer);
  return copies * rows * blockBytes(name, columns);
}

function blockFormat(
  shape: IModelShape,
  recipe: string,
  { role, rows, columns }: ITensor,
  layer: number
): string {
  // Vectors, routers, positions and convolutions are never quantized.
  if (rows === 1 || /gate_inp|position|conv|ssm_ba|_bias/.test(role)) {
    return 'F32';
  }
  const rules = RECIPES.get(recipe) ?? { base: 'F16' };
  if (/F(16|32)$/.test(rules.base)) {
    return rules.base;
  }
  const isOutput = role === 'token_embd' && shape.isTied;
  const place = placeOf(shape, columns, layer);
  const wanted = formatIn(rules, isOutput ? 'output' : role, place);
  const elements = BLOCK_FORMATS[wanted]?.elements ?? 1;
  return columns % elements === 0
    ? wanted
    : (FALLBACKS[wanted] ?? quantization.fallback);
}

/** What the first rule that applies says; else the format of most tensors. */
function formatIn(recipe: IRecipe, role: string, place: IPlace): string {
  const rules = recipe[role] ?? recipe[ROLES[role] ?? ''] ?? COMMON[role] ?? [];
  const [format] =
    (typeof rules === 'string' ? [] : rules).find(([, ...conditions]) =>
      conditions.every(name => CONDITIONS[name]?.(place) === true)
    ) ?? [];
  return format ?? recipe.base;
}

function placeOf(shape: IModelShape, columns: number, layer: number): IPlace {
  const [first] = shape.layers;
  const attention = first?.attention;
  const isSoftmax = attention?.kind === 'softmax';
  const feedForward = shape.layers[shape.layers.length - 1]?.feedForward;
  const groups = isSoftmax ? attention.heads / attention.kvHeads : 1;
  return {
    columns,
    layer,
    layers: shape.layers.length,
    groups,
    experts: feedForward?.kind === 'experts' ? feedForward.experts : 1,
    isFalcon: shape.architecture === 'falcon',
    isSeventy:
      shape.architecture === 'llama' && shape.layers.length === 80 && groups > 1
  };
}

/** The layers to which the M recipes give more: both ends, and every third between them. */
function getsMore({ layer, layers }: IPlace): boolean {
  const eighth = Math.floor(layers / 8);
  return (
    layer < eighth ||
    layer >= Math.floor((7 * layers) / 8) ||
    (layer - eighth) % 3 === 2
  );
}
