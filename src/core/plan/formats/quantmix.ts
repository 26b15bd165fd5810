import { BLOCK_FORMATS, blockBytes, RECIPE_FORMATS } from './ggml';
import type { IModelShape, ITensor } from '../model/shape';

/**
 * Which block format llama.cpp gives each tensor of a quantised file.
 *
 * A name such as Q4_K_M is a recipe, not a number of bits: some tensors get
 * more. The rules are those of `llama-quant.cpp` (`llama_tensor_get_type`),
 * without an importance matrix's exceptions.
 */

/** What the rules look at besides the tensor. */
interface IPlace {
  readonly recipe: string;
  readonly layer: number;
  readonly layers: number;
  readonly groups: number;
  readonly experts: number;
  readonly isFalcon: boolean;
  readonly isSeventy: boolean;
}

/** Recipes of about two bits, which have rules of their own. */
const TINY = ['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS', 'IQ2_S', 'IQ2_M'];

/** What doesn't divide into blocks of 256 is stored like this instead. */
const FALLBACKS: Readonly<Record<string, string>> = {
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0'
};

/** Bytes of `tensor` in a file of `recipe`, where it stands in layer `layer` (-1: outside). */
export function recipeBytes(
  shape: IModelShape,
  recipe: string,
  tensor: ITensor,
  layer: number
): number {
  const { rows, columns, copies } = tensor;
  const name = blockFormat(placeOf(shape, recipe, layer), shape, tensor);
  return copies * rows * blockBytes(name, columns);
}

function placeOf(shape: IModelShape, recipe: string, layer: number): IPlace {
  const [first] = shape.layers;
  const attention = first?.attention;
  const isSoftmax = attention?.kind === 'softmax';
  const feedForward = shape.layers[shape.layers.length - 1]?.feedForward;
  const groups = isSoftmax ? attention.heads / attention.kvHeads : 1;
  return {
    recipe,
    layer,
    layers: shape.layers.length,
    groups,
    experts: feedForward?.kind === 'experts' ? feedForward.experts : 1,
    isFalcon: shape.architecture === 'falcon',
    isSeventy:
      shape.architecture === 'llama' && shape.layers.length === 80 && groups > 1
  };
}

function blockFormat(
  place: IPlace,
  shape: IModelShape,
  { role, rows, columns }: ITensor
): string {
  const { recipe } = place;
  // Vectors, routers, positions and convolutions are never quantised.
  if (rows === 1 || /gate_inp|position|conv|ssm_ba|_bias/.test(role)) {
    return 'F32';
  }
  const base = RECIPE_FORMATS[recipe] ?? 'F16';
  if (/F(16|32)$/.test(base)) {
    return base;
  }
  const isOutput = role === 'output' || (role === 'token_embd' && shape.isTied);
  const wanted = isOutput
    ? outputFormat(place, base, columns)
    : role === 'token_embd'
      ? embeddingFormat(recipe, base)
      : TINY.includes(recipe)
        ? tinyFormat(place, base, role)
        : layerFormat(place, base, role);
  const elements = BLOCK_FORMATS[wanted]?.elements ?? 1;
  return columns % elements === 0 ? wanted : (FALLBACKS[wanted] ?? 'IQ4_NL');
}

function outputFormat(place: IPlace, base: string, columns: number): string {
  if (place.isFalcon || columns % 256 !== 0) {
    return 'Q8_0';
  }
  if (TINY.includes(place.recipe) || place.recipe === 'IQ3_XXS') {
    return 'Q5_K';
  }
  return base === 'Q8_0' ? base : 'Q6_K';
}

function embeddingFormat(recipe: string, base: string): string {
  if (['IQ1_S', 'IQ1_M', 'IQ2_XXS', 'IQ2_XS'].includes(recipe)) {
    return 'Q2_K';
  }
  return ['IQ2_S', 'IQ2_M', 'IQ3_XXS'].includes(recipe) ? 'IQ3_S' : base;
}

function tinyFormat(place: IPlace, base: string, role: string): string {
  const { recipe, layer, layers, groups, experts } = place;
  const more = ['IQ2_S', 'IQ2_M'].includes(recipe) ? 'IQ3_S' : 'Q2_K';
  switch (role) {
    case 'attn_v':
      return groups >= 4 || experts >= 4 ? 'Q4_K' : more;
    case 'attn_k':
      return experts === 8 ? 'Q4_K' : base;
    case 'ffn_down':
    case 'ffn_down_exps':
      return layer < layers / 8 ? more : base;
    case 'attn_output':
      return experts === 8
        ? 'Q5_K'
        : recipe.startsWith('IQ1')
          ? 'IQ2_XXS'
          : more === 'IQ3_S'
            ? more
            : base;
    default:
      return base;
  }
}

function layerFormat(place: IPlace, base: string, role: string): string {
  switch (role) {
    case 'attn_v':
      return valueFormat(place, base);
    case 'attn_k':
    case 'attn_q':
      return keyFormat(place, base, role);
    case 'ffn_down':
    case 'ffn_down_exps':
    case 'ffn_down_shexp':
      return downFormat(place, base);
    case 'attn_output':
      return attentionOutputFormat(place, base);
    case 'attn_qkv':
      return PACKED[place.recipe] ?? base;
    case 'ffn_gate':
    case 'ffn_up':
      return place.recipe === 'IQ3_XS' && !isEdge(place) ? 'IQ3_XXS' : base;
    default:
      return base;
  }
}

const PACKED: Readonly<Record<string, string>> = {
  Q3_K_M: 'Q4_K',
  Q3_K_L: 'Q4_K',
  IQ3_M: 'Q4_K',
  Q4_K_M: 'Q5_K',
  Q5_K_M: 'Q6_K'
};

function isEdge({ layer, layers }: IPlace): boolean {
  return layer < layers / 8 || layer >= (7 * layers) / 8;
}

/** The layers to which the M recipes give more: both ends, and every third between them. */
function getsMore(place: IPlace): boolean {
  const eighth = Math.floor(place.layers / 8);
  return (
    place.layer < eighth ||
    place.layer >= Math.floor((7 * place.layers) / 8) ||
    (place.layer - eighth) % 3 === 2
  );
}

function valueFormat(place: IPlace, base: string): string {
  const wanted = valueWanted(place, base);
  const isLow = wanted === 'Q3_K' || wanted === 'Q4_K';
  if (place.experts === 8) {
    return 'Q8_0';
  }
  return place.isSeventy && isLow ? 'Q5_K' : wanted;
}

function valueWanted(place: IPlace, base: string): string {
  const { recipe, layer, groups } = place;
  const isGrouped = groups >= 4;
  switch (recipe) {
    case 'Q2_K':
      return isGrouped ? 'Q4_K' : 'Q3_K';
    case 'Q2_K_S':
      return isGrouped ? 'Q4_K' : base;
    case 'IQ3_XXS':
      return isGrouped ? 'Q4_K' : 'IQ3_S';
    case 'IQ3_XS':
    case 'IQ3_S':
      return isGrouped ? 'Q4_K' : base;
    case 'IQ3_M':
      return 'Q4_K';
    case 'Q3_K_M':
      return layer < 2 ? 'Q5_K' : 'Q4_K';
    case 'Q3_K_L':
      return 'Q5_K';
    case 'IQ4_NL':
    case 'IQ4_XS':
      return isGrouped ? 'Q5_K' : base;
    case 'Q4_K_M':
    case 'Q5_K_M':
      return getsMore(place) ? 'Q6_K' : base;
    case 'Q4_K_S':
      return layer < 4 ? 'Q5_K' : base;
    default:
      return base;
  }
}

function keyFormat(place: IPlace, base: string, role: string): string {
  if (role === 'attn_k' && place.experts === 8) {
    return 'Q8_0';
  }
  return place.recipe === 'IQ3_XS'
    ? 'IQ3_XXS'
    : place.recipe === 'IQ3_XXS'
      ? 'IQ2_S'
      : base;
}

function downFormat(place: IPlace, base: string): string {
  const { recipe, layer, layers, isFalcon } = place;
  const isFirst = layer < Math.floor(layers / 8);
  switch (recipe) {
    case 'Q2_K':
      return 'Q3_K';
    case 'Q2_K_S':
      return isFirst ? 'Q4_K' : base;
    case 'IQ3_XXS':
      return isFirst ? 'Q4_K' : 'Q3_K';
    case 'Q3_K_M':
      return layer < Math.floor(layers / 16)
        ? 'Q5_K'
        : !isFalcon || getsMore(place)
          ? 'Q4_K'
          : base;
    case 'IQ3_M':
      return isFirst ? 'Q4_K' : base;
    case 'Q3_K_L':
      return isFalcon ? 'Q4_K' : 'Q5_K';
    case 'Q4_K_M':
    case 'Q5_K_M':
      return getsMore(place) ? 'Q6_K' : base;
    case 'Q4_K_S':
    case 'IQ4_NL':
    case 'IQ4_XS':
      return isFirst && !isFalcon ? 'Q5_K' : base;
    default:
      return base;
  }
}

function attentionOutputFormat(place: IPlace, base: string): string {
  const { recipe, experts, isFalcon } = place;
  if (isFalcon) {
    return recipe === 'Q3_K_L' ? 'Q4_K' : base;
  }
  if (experts === 8 && /^(Q2_K|Q3_K_[SM]|Q4_K|IQ3|IQ4)/.test(recipe)) {
    return 'Q5_K';
  }
  const more: Readonly<Record<string, string>> = {
    Q2_K: 'Q3_K',
    IQ3_XXS: 'IQ3_S',
    Q3_K_M: 'Q4_K',
    Q3_K_L: 'Q5_K',
    IQ3_M: 'Q4_K'
  };
  return more[recipe] ?? base;
}
