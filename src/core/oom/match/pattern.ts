import type { Backend, Cause, FigureName } from './facts';
import { SIZE } from './sizes';

/**
 * Which part of PyTorch speaks: its caching allocator, which gives back what is
 * unused before it fails, or another.
 */
export type Origin = 'allocator' | 'torch';

/**
 * One shape that a message can have.
 *
 * Patterns are matched against text in lower case and without spaces. Their
 * named groups are figures (`GROUPS`); `device` is the number of a device.
 */
export interface IPattern {
  readonly backend: Backend;
  /** Must occur wherever the shape does; looking for it is what makes it fast. */
  readonly anchor: string;
  /** Matched against what stands around the anchor, and must touch it. */
  readonly pattern: RegExp;
  /** Further figures, each looked for from here to the end of the message. */
  readonly more?: readonly RegExp[];
  /** No such message if this stands between here and the end of it. */
  readonly unless?: RegExp;
  /** How many characters before the anchor the pattern may begin. */
  readonly before?: number;
  /** Where the shape alone tells the cause. */
  readonly cause?: Cause;
  /** It reports an error that another one led to: figures may stand further up. */
  readonly wraps?: boolean;
  /** Where only PyTorch says it so. */
  readonly origin?: Origin;
}

/**
 * A shape that says so little that it must be a line of its own, as errors are,
 * and not words in a sentence. `text` has single spaces; the rest of the line
 * must match `rest`.
 */
export interface ILinePattern {
  readonly backend: Backend;
  readonly text: string;
  readonly rest: RegExp;
  /** What must stand right before `text`, where it could be the end of another word. */
  readonly lead?: RegExp;
  readonly cause?: Cause;
  /** Where only PyTorch says it so. */
  readonly origin?: Origin;
  /** So common a word that it must be the whole line, and at the end of the text. */
  readonly alone?: boolean;
}

/** The groups of patterns that are figures. */
export const GROUPS: Readonly<Record<string, FigureName>> = {
  requested: 'requestedBytes',
  capacity: 'capacityBytes',
  free: 'freeBytes',
  allocated: 'allocatedBytes',
  reserved: 'reservedBytes',
  unallocated: 'unallocatedBytes',
  pools: 'privatePoolBytes',
  allowed: 'allowedBytes',
  other: 'otherBytes'
};

/** How the groups are named that programs print without a unit. */
export const COUNT = '_count';

/**
 * `source` as a pattern: `{requested}` is a size of that name, `{requested:count}`
 * one that its program prints without a unit, `#` a device's number.
 */
export function pattern(source: string): RegExp {
  return new RegExp(
    source
      .replace(/\{([a-z]+)\}/g, `(?<$1>${SIZE})`)
      .replace(/\{([a-z]+):count\}/g, `(?<$1${COUNT}>${SIZE})`)
      .replace(/#/g, '(?<device>\\d{1,3})'),
    'g'
  );
}

/** The rest of the parameters of `IPattern`. */
type Options = Partial<
  Pick<IPattern, 'before' | 'cause' | 'wraps' | 'unless' | 'origin'>
> & { readonly more?: readonly string[] };

/** One row of a table of shapes. */
export function shape(
  backend: Backend,
  anchor: string,
  source: string,
  options: Options = {}
): IPattern {
  const { more, ...rest } = options;
  return {
    backend,
    anchor,
    pattern: pattern(source),
    ...rest,
    ...(more && { more: more.map(pattern) })
  };
}
