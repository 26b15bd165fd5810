/**
 * The border between what a kernel sends and what the rest may rely on.
 *
 * A `Field` is one value of unknown origin together with its path. Each value
 * is read exactly once, only from own properties, and nothing is ever written
 * to what came in.
 */

/** Translates: the part of JupyterLab's `TranslationBundle` that a reason needs. */
interface ITranslates {
  __(msgid: string, ...args: (string | number)[]): string;
}

/** Why something was refused, in the language of its reader. */
export type Reason = (trans: ITranslates) => string;

/** Where a refusal is noted; shared by all the fields of one message. */
export interface IRefusal {
  reason: Reason | null;
}

/** Thrown to leave the parser; what was wrong stands in `IRefusal`. */
class Refused extends Error {}

/** One value that came from outside, and the path at which it stood. */
export class Field {
  constructor(
    private readonly _value: unknown,
    private readonly _path: string,
    private readonly _refusal: IRefusal
  ) {}

  /** The property `name` of what must be an object; absent is `undefined`. */
  key(name: string): Field {
    const value = this._value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this._expected(trans => trans.__('an object'));
    }
    const own = Object.prototype.hasOwnProperty.call(value, name);
    const inner = own ? (value as Record<string, unknown>)[name] : undefined;
    const path = this._path === '' ? name : `${this._path}.${name}`;
    return new Field(inner, path, this._refusal);
  }

  /** A whole number from 0 to 2^53 - 1: bytes, a count, an index. */
  whole(): number {
    return isWhole(this._value)
      ? this._value + 0
      : this._expected(trans => trans.__('a whole number from 0 to 2^53 - 1'));
  }

  /** As `whole`; anything else is unknown. */
  wholeOrNull(): number | null {
    return isWhole(this._value) ? this._value + 0 : null;
  }

  /** As `wholeOrNull`; zero is unknown, too: what is there has a size. */
  positiveOrNull(): number | null {
    return this.wholeOrNull() || null;
  }

  /** Two small numbers, such as `[9, 0]`; anything else is unknown. */
  versionOrNull(): readonly [number, number] | null {
    if (!Array.isArray(this._value)) {
      return null;
    }
    const numbers = this.list(3, each => each.wholeOrNull() ?? NaN);
    const [major = NaN, minor = NaN] = numbers;
    const isPair = numbers.length === 2 && major < 1000 && minor < 1000;
    return isPair ? [major, minor] : null;
  }

  /** Seconds since the epoch that a `Date` can hold. */
  seconds(): number {
    const value = this._value;
    return typeof value === 'number' && value >= 0 && value <= 8.64e12
      ? value
      : this._expected(trans => trans.__('seconds since the epoch'));
  }

  /** Text without control characters, cut to `maxLength`. */
  text(maxLength: number): string {
    return typeof this._value === 'string'
      ? cleanText(this._value, maxLength)
      : this._expected(trans => trans.__('a string'));
  }

  /** Text as it is, of at most `maxLength` characters: for a parser, never to be shown. */
  raw(maxLength: number): string {
    const value = this._value;
    return typeof value === 'string' && value.length <= maxLength
      ? value
      : this._expected(trans =>
          trans.__('a text of at most %1 characters', maxLength)
        );
  }

  /** As `text`; anything else is unknown. */
  textOrNull(maxLength: number): string | null {
    return typeof this._value === 'string'
      ? cleanText(this._value, maxLength)
      : null;
  }

  flag(): boolean {
    return typeof this._value === 'boolean'
      ? this._value
      : this._expected(trans => trans.__('true or false'));
  }

  oneOf<T extends string>(options: readonly T[]): T {
    const found = options.find(option => option === this._value);
    return (
      found ??
      this._expected(trans => trans.__('one of %1', options.join(', ')))
    );
  }

  /** The first `maxCount` items, each read by `read`. */
  list<T>(maxCount: number, read: (item: Field) => T): T[] {
    return this._items(maxCount, false, read);
  }

  /** As `list`, and empty where absent. */
  listOrEmpty<T>(maxCount: number, read: (item: Field) => T): T[] {
    return this._isAbsent() ? [] : this._items(maxCount, false, read);
  }

  /** As `listOrEmpty`, but of a longer list the last `maxCount` items. */
  latestOrEmpty<T>(maxCount: number, read: (item: Field) => T): T[] {
    return this._isAbsent() ? [] : this._items(maxCount, true, read);
  }

  /** What `read` makes of this, or null where absent. */
  orNull<T>(read: (field: Field) => T): T | null {
    return this._isAbsent() ? null : read(this);
  }

  /** Refuse the whole message. */
  refuse(reason: Reason): never {
    this._refusal.reason = reason;
    throw new Refused();
  }

  private _isAbsent(): boolean {
    return this._value === undefined || this._value === null;
  }

  private _items<T>(
    maxCount: number,
    fromEnd: boolean,
    read: (item: Field) => T
  ): T[] {
    const list = this._value;
    if (!Array.isArray(list)) {
      return this._expected(trans => trans.__('a list'));
    }
    const { length } = list;
    const count = Math.min(length, maxCount);
    const first = fromEnd ? length - count : 0;
    return Array.from({ length: count }, (_, place) => {
      const index = first + place;
      const item: unknown = list[index];
      return read(new Field(item, `${this._path}[${index}]`, this._refusal));
    });
  }

  private _expected(what: Reason): never {
    const { _path: path, _value: value } = this;
    const found = describe(value);
    return this.refuse(trans =>
      path === ''
        ? trans.__(
            'The message should be %1, but is %2.',
            what(trans),
            found(trans)
          )
        : trans.__(
            '`%1` should be %2, but is %3.',
            path,
            what(trans),
            found(trans)
          )
    );
  }
}

/**
 * `text` as one line of at most `maxLength` characters, without control and
 * formatting characters (which could reorder or hide what stands around them).
 */
export function cleanText(text: string, maxLength: number): string {
  const clean = text
    // Bounded first: the rest costs time in proportion to the length.
    .slice(0, 4 * maxLength)
    .replace(/[\t\n\r\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, '');
  if (clean.length <= maxLength && text.length <= 4 * maxLength) {
    return clean;
  }
  return `${clean.slice(0, maxLength - 1).replace(/\p{Cs}$/u, '')}…`;
}

/** An object with `key`, or without it where its value is unknown. */
export function ifKnown<K extends string, T>(
  key: K,
  value: T | null
): { [Key in K]?: T } {
  return value === null ? {} : ({ [key]: value } as { [Key in K]: T });
}

/** The items without those whose key an earlier one has. */
export function distinct<T>(
  items: readonly T[],
  key: (item: T) => unknown
): T[] {
  const byKey = new Map<unknown, T>();
  for (const item of items) {
    if (!byKey.has(key(item))) {
      byKey.set(key(item), item);
    }
  }
  return [...byKey.values()];
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What a value is; the value itself is not kept. */
export function describe(value: unknown): Reason {
  switch (typeof value) {
    case 'undefined':
      return trans => trans.__('missing');
    case 'number':
    case 'boolean':
      return said(String(value));
    case 'string': {
      const text = cleanText(value, 40);
      return trans => trans.__("the text '%1'", text);
    }
    default:
      return value === null
        ? said('null')
        : Array.isArray(value)
          ? trans => trans.__('a list')
          : trans => trans.__('an object');
  }
}

function said(text: string): Reason {
  return () => text;
}
