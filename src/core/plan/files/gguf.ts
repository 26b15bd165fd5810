import { cleanText } from '../../wire/decode';
import { BLOCK_FORMATS, GGML_TYPES } from '../formats/ggml';
import { PlanError } from '../model/shape';

/**
 * The header of a GGUF file: metadata and the table of tensors.
 *
 * Layout: `docs/gguf.md` of ggml. Whatever its lengths claim, nothing is read
 * beyond the bytes that are there, and no more than `GGUF_LIMITS` allow.
 */

/** The most that is believed of a header. */
export const GGUF_LIMITS = {
  entries: 65536,
  tensors: 2 ** 18,
  nameBytes: 65536,
  dimensions: 8,
  /** Elements of one tensor. */
  elements: 2 ** 48,
  /** Arrays in arrays. */
  depth: 4
} as const;

/** One tensor of the table. */
export interface IGgufTensor {
  readonly name: string;
  /** The length of a row first, as the file has them. */
  readonly dimensions: readonly number[];
  /** Its block format, such as `Q4_K`. */
  readonly format: string;
  readonly bytes: number;
}

/** What a header says. */
export interface IGgufHeader {
  readonly version: number;
  /** Numbers, flags and texts; of an array, its numbers (flags are 0 or 1) if they are few. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: readonly IGgufTensor[];
}

/** A value of the metadata; null for what is of no interest here. */
export type GgufValue = number | boolean | string | readonly number[] | null;

const MAGIC = 0x46554747;
/** Arrays of more numbers than this are passed over. */
const KEPT_NUMBERS = 4096;

/** Bytes of each value type (`enum gguf_metadata_value_type`); 0 for those of varying length. */
const VALUE_BYTES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];
const STRING = 8;
const ARRAY = 9;

/**
 * The header in `bytes`, the beginning of a file.
 *
 * @throws PlanError when it is none, is cut off, or claims what can't be.
 */
export function parseGguf(bytes: Uint8Array): IGgufHeader {
  const reader = new Reader(bytes);
  if (reader.u32('the magic number') !== MAGIC) {
    throw new PlanError(trans =>
      trans.__('This is not a GGUF file: it does not begin with GGUF.')
    );
  }
  const version = reader.u32('the version');
  if (version < 2 || version > 3) {
    throw new PlanError(trans =>
      trans.__(
        'GGUF version %1 is not known; the planner reads 2 and 3.',
        version
      )
    );
  }
  const tensorCount = reader.count('tensor_count', GGUF_LIMITS.tensors);
  const entryCount = reader.count('metadata_kv_count', GGUF_LIMITS.entries);
  const metadata = new Map<string, GgufValue>();
  for (let entry = 0; entry < entryCount; entry++) {
    const key = reader.text(`the name of metadata entry ${entry}`);
    const type = reader.u32(`the type of ${key}`);
    metadata.set(key, reader.value(type, key, 0));
  }
  const tensors = Array.from({ length: tensorCount }, (_, index) =>
    readTensor(reader, index)
  );
  return { version, metadata, tensors };
}

function readTensor(reader: Reader, index: number): IGgufTensor {
  const name = reader.text(`the name of tensor ${index}`);
  const rank = reader.u32(`the dimensions of ${name}`);
  if (rank > GGUF_LIMITS.dimensions) {
    throw new PlanError(trans =>
      trans.__(
        '`%1` claims %2 dimensions; at most %3 are accepted.',
        name,
        rank,
        GGUF_LIMITS.dimensions
      )
    );
  }
  const dimensions = Array.from({ length: rank }, () =>
    reader.count(`a dimension of ${name}`, GGUF_LIMITS.elements)
  );
  const elements = dimensions.reduce((product, each) => product * each, 1);
  if (elements > GGUF_LIMITS.elements) {
    throw new PlanError(trans =>
      trans.__('`%1` claims %2 elements.', name, elements)
    );
  }
  const type = reader.u32(`the type of ${name}`);
  const format = GGML_TYPES.get(type);
  const block = format === undefined ? undefined : BLOCK_FORMATS[format];
  if (format === undefined || block === undefined) {
    throw new PlanError(trans =>
      trans.__('`%1` has tensor type %2, which is not known.', name, type)
    );
  }
  reader.skip(8, `the offset of ${name}`);
  const bytes = Math.ceil(elements / block.elements) * block.bytes;
  return { name, dimensions, format, bytes };
}

/** Reads forward, and never beyond the end. */
class Reader {
  constructor(private readonly _bytes: Uint8Array) {
    const { buffer, byteOffset, byteLength } = _bytes;
    this._view = new DataView(buffer, byteOffset, byteLength);
  }

  u32(what: string): number {
    return this._view.getUint32(this._advance(4, what), true);
  }

  /** A 64-bit number that must be at most `most`. */
  count(what: string, most: number): number {
    const at = this._advance(8, what);
    const low = this._view.getUint32(at, true);
    const high = this._view.getUint32(at + 4, true);
    const value = high * 2 ** 32 + low;
    if (value > most) {
      throw new PlanError(trans =>
        trans.__(
          'The GGUF header claims %1 for %2; at most %3 is accepted.',
          value,
          what,
          most
        )
      );
    }
    return value;
  }

  text(what: string): string {
    const length = this.count(`the length of ${what}`, GGUF_LIMITS.nameBytes);
    const at = this._advance(length, what);
    return cleanText(
      new TextDecoder().decode(this._bytes.subarray(at, at + length)),
      256
    );
  }

  skip(length: number, what: string): void {
    this._advance(length, what);
  }

  value(type: number, what: string, depth: number): GgufValue {
    if (type === ARRAY) {
      return this._array(what, depth);
    }
    if (type === STRING) {
      return this._string(what);
    }
    const size = VALUE_BYTES[type] ?? 0;
    if (size === 0) {
      throw new PlanError(trans =>
        trans.__('`%1` has value type %2, which is not known.', what, type)
      );
    }
    return this._number(type, this._advance(size, what));
  }

  /** A text of the metadata, which can be as long as the header; its beginning is kept. */
  private _string(what: string): string {
    const length = this.count(`the length of ${what}`, this._bytes.length);
    const at = this._advance(length, what);
    const end = at + Math.min(length, 512);
    return cleanText(
      new TextDecoder().decode(this._bytes.subarray(at, end)),
      128
    );
  }

  private _array(what: string, depth: number): GgufValue {
    if (depth >= GGUF_LIMITS.depth) {
      throw new PlanError(trans =>
        trans.__('`%1` nests arrays in arrays too deeply.', what)
      );
    }
    const type = this.u32(`the type of ${what}`);
    // Even an empty text takes eight bytes, so the bytes that are left bound the count.
    const length = this.count(`the length of ${what}`, this._bytes.length);
    const size = VALUE_BYTES[type] ?? 0;
    if (size > 0 && length > KEPT_NUMBERS) {
      this.skip(size * length, what);
      return null;
    }
    const numbers: number[] = [];
    for (let index = 0; index < length; index++) {
      if (type === STRING) {
        this.skip(this.count(`a length in ${what}`, this._bytes.length), what);
        continue;
      }
      const value = this.value(type, what, depth + 1);
      if (typeof value === 'number' || typeof value === 'boolean') {
        numbers.push(Number(value));
      }
    }
    return type === STRING ? null : numbers;
  }

  private _number(type: number, at: number): number | boolean {
    const view = this._view;
    switch (type) {
      case 0:
        return view.getUint8(at);
      case 1:
        return view.getInt8(at);
      case 2:
        return view.getUint16(at, true);
      case 3:
        return view.getInt16(at, true);
      case 4:
        return view.getUint32(at, true);
      case 5:
        return view.getInt32(at, true);
      case 6:
        return view.getFloat32(at, true);
      case 7:
        return view.getUint8(at) !== 0;
      case 12:
        return view.getFloat64(at, true);
      default: {
        const high =
          type === 11
            ? view.getInt32(at + 4, true)
            : view.getUint32(at + 4, true);
        return high * 2 ** 32 + view.getUint32(at, true);
      }
    }
  }

  private _advance(length: number, what: string): number {
    const at = this._at;
    if (length > this._bytes.length - at) {
      throw new PlanError(trans =>
        trans.__(
          'The GGUF header ends after %1 bytes, within %2.',
          this._bytes.length,
          cleanText(what, 80)
        )
      );
    }
    this._at = at + length;
    return at;
  }

  private _at = 0;
  private readonly _view: DataView;
}
