/** A value of a GGUF file's metadata. */
export type MetadataValue =
  string | number | boolean | readonly (number | boolean)[];

/** Writes the parts of a GGUF header. */
export class Writer {
  readonly bytes: number[] = [];

  number(value: number, size: number): this {
    for (let place = 0; place < size; place++) {
      this.bytes.push(Math.floor(value / 2 ** (8 * place)) % 256);
    }
    return this;
  }

  text(value: string): this {
    this.number(value.length, 8);
    this.bytes.push(...new TextEncoder().encode(value));
    return this;
  }

  entry(key: string, value: MetadataValue): this {
    this.text(key);
    if (typeof value === 'string') {
      return this.number(8, 4).text(value);
    }
    if (typeof value === 'boolean') {
      return this.number(7, 4).number(Number(value), 1);
    }
    return typeof value === 'number'
      ? this.number(4, 4).number(value, 4)
      : this.values(value);
  }

  /** An array of flags or of numbers. */
  values(values: readonly (number | boolean)[]): this {
    const isFlags = typeof values[0] === 'boolean';
    this.number(9, 4)
      .number(isFlags ? 7 : 4, 4)
      .number(values.length, 8);
    values.forEach(each => this.number(Number(each), isFlags ? 1 : 4));
    return this;
  }

  /** A tensor of 32-bit elements. */
  tensor(name: string, columns: number, rows: number): this {
    this.text(name).number(2, 4).number(columns, 8).number(rows, 8);
    return this.number(0, 4).number(0, 8);
  }

  get array(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }
}

/** The beginning of a file with that many tensors and entries. */
export function start(tensors: number, entries: number): Writer {
  return new Writer()
    .number(0x46554747, 4)
    .number(3, 4)
    .number(tensors, 8)
    .number(entries, 8);
}

/** A header of that metadata, and of tensors with these names. */
export function ggufOf(
  metadata: Readonly<Record<string, MetadataValue>>,
  names: readonly string[] = []
): Uint8Array {
  const entries = Object.entries(metadata);
  const writer = start(names.length, entries.length);
  entries.forEach(([key, value]) => writer.entry(key, value));
  names.forEach(name => writer.tensor(name, 64, 32));
  return writer.array;
}
