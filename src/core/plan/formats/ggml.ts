/**
 * The block formats of GGUF files: how many elements share a block, and its
 * bytes. From `ggml-common.h` and `ggml.c` of llama.cpp.
 */

/** One block format. */
export interface IBlockFormat {
  readonly elements: number;
  readonly bytes: number;
}

const block = (elements: number, bytes: number): IBlockFormat => ({
  elements,
  bytes
});

/** Every block format by its name. */
export const BLOCK_FORMATS: Readonly<Record<string, IBlockFormat>> = {
  F32: block(1, 4),
  F16: block(1, 2),
  BF16: block(1, 2),
  F64: block(1, 8),
  I8: block(1, 1),
  I16: block(1, 2),
  I32: block(1, 4),
  I64: block(1, 8),
  Q4_0: block(32, 18),
  Q4_1: block(32, 20),
  Q5_0: block(32, 22),
  Q5_1: block(32, 24),
  Q8_0: block(32, 34),
  Q8_1: block(32, 36),
  IQ4_NL: block(32, 18),
  MXFP4: block(32, 17),
  NVFP4: block(64, 36),
  Q2_K: block(256, 84),
  Q3_K: block(256, 110),
  Q4_K: block(256, 144),
  Q5_K: block(256, 176),
  Q6_K: block(256, 210),
  Q8_K: block(256, 292),
  IQ1_S: block(256, 50),
  IQ1_M: block(256, 56),
  IQ2_XXS: block(256, 66),
  IQ2_XS: block(256, 74),
  IQ2_S: block(256, 82),
  IQ3_XXS: block(256, 98),
  IQ3_S: block(256, 110),
  IQ4_XS: block(256, 136),
  TQ1_0: block(256, 54),
  TQ2_0: block(256, 66)
};

/** The number that a GGUF file gives each (`enum ggml_type`); gaps are formats no longer used. */
export const GGML_TYPES: readonly (string | null)[] = [
  'F32',
  'F16',
  'Q4_0',
  'Q4_1',
  null,
  null,
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q8_1',
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
  'Q8_K',
  'IQ2_XXS',
  'IQ2_XS',
  'IQ3_XXS',
  'IQ1_S',
  'IQ4_NL',
  'IQ3_S',
  'IQ2_S',
  'IQ4_XS',
  'I8',
  'I16',
  'I32',
  'I64',
  'F64',
  'IQ1_M',
  'BF16',
  null,
  null,
  null,
  'TQ1_0',
  'TQ2_0',
  null,
  null,
  null,
  'MXFP4',
  'NVFP4'
];

/** The format of most tensors of a recipe. */
export const RECIPE_FORMATS: Readonly<Record<string, string>> = {
  Q2_K: 'Q2_K',
  Q2_K_S: 'Q2_K',
  Q3_K_S: 'Q3_K',
  Q3_K_M: 'Q3_K',
  Q3_K_L: 'Q3_K',
  Q4_K_S: 'Q4_K',
  Q4_K_M: 'Q4_K',
  Q5_K_S: 'Q5_K',
  Q5_K_M: 'Q5_K',
  Q6_K: 'Q6_K',
  IQ1_S: 'IQ1_S',
  IQ1_M: 'IQ1_M',
  IQ2_XXS: 'IQ2_XXS',
  IQ2_XS: 'IQ2_XS',
  IQ2_S: 'IQ2_XS',
  IQ2_M: 'IQ2_S',
  IQ3_XXS: 'IQ3_XXS',
  IQ3_XS: 'IQ3_S',
  IQ3_S: 'IQ3_S',
  IQ3_M: 'IQ3_S',
  IQ4_NL: 'IQ4_NL',
  IQ4_XS: 'IQ4_XS',
  Q4_0: 'Q4_0',
  Q4_1: 'Q4_1',
  Q5_0: 'Q5_0',
  Q5_1: 'Q5_1',
  Q8_0: 'Q8_0',
  F16: 'F16',
  F32: 'F32'
};

/** The recipes that are known, by name. */
export const RECIPES: readonly string[] = Object.keys(RECIPE_FORMATS);

/** Bytes of `elements` in the block format `name`. */
export function blockBytes(name: string, elements: number): number {
  const format = BLOCK_FORMATS[name] ?? block(1, 2);
  return Math.ceil(elements / format.elements) * format.bytes;
}
