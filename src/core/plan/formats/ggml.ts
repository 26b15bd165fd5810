import quantization from './quantization.json' with { type: 'json' };

/** A block format of GGUF files: how many elements share a block, and its bytes. */
export interface IBlockFormat {
  readonly elements: number;
  readonly bytes: number;
  /** The number that a GGUF file gives it (`enum ggml_type`). */
  readonly type: number;
}

/** Every block format by its name. */
export const BLOCK_FORMATS: Readonly<Record<string, IBlockFormat>> =
  Object.fromEntries(
    Object.entries(quantization.blocks).map(([name, row]) => {
      const [elements = 1, bytes = 2, type = -1] = row;
      return [name, { elements, bytes, type }];
    })
  );

/** The names of block formats by their numbers in a GGUF file. */
export const GGML_TYPES: ReadonlyMap<number, string> = new Map(
  Object.entries(BLOCK_FORMATS).map(([name, { type }]) => [type, name])
);

/** The recipes that are known, by name. */
export const RECIPES: readonly string[] = Object.keys(quantization.recipes);

/** Bytes of `elements` in the block format `name`. */
export function blockBytes(name: string, elements: number): number {
  const format = BLOCK_FORMATS[name] ?? { elements: 1, bytes: 2 };
  return Math.ceil(elements / format.elements) * format.bytes;
}
