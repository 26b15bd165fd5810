import type { Gaps } from './normalize';

/** A size in text without spaces: `2.11gib`, `0bytes`, `32.00m`, `8,589,934,592bytes`, `5520758552`. */
export const SIZE = '\\d[\\d,]*(?:\\.\\d+)?(?:bytes?|[kmgtp]?i?b|[kmgtp])?';

const PARTS = /^([\d.,]+)([kmgtp]?)(b?)/;
const UNITS = ['', 'k', 'm', 'g', 't', 'p'];
/** A unit that is no other word's beginning, if it stands alone. */
const WORD_UNIT = /(?:bytes?|[kmgtp]i?b)$/;

/**
 * The bytes of a `SIZE`; null when it is none, or beyond 2^53.
 *
 * All units are binary: programs that print `GB` for memory mean 2^30. What a
 * driver can't tell is printed as 2^64 bytes, which is no figure either, and a
 * fraction without a unit has lost it.
 */
export function bytesOf(size: string | undefined): number | null {
  const [, digits, unit, isBytes] = PARTS.exec(size ?? '') ?? [];
  if (digits === undefined || unit === undefined) {
    return null;
  }
  if (digits.includes('.') && unit === '' && isBytes === '') {
    return null;
  }
  const value = numberOf(digits);
  const bytes = Math.round(value * 1024 ** UNITS.indexOf(unit));
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : null;
}

/** A comma stands before three digits each time, or before a fraction, as some locales have it. */
function numberOf(digits: string): number {
  const isFraction = /^(?:\d+,(?:\d{1,2}|\d{4,})|\d{4,},\d+)$/.test(digits);
  return Number(digits.replace(/,/g, isFraction ? '.' : ''));
}

/** Where a figure stands in a compact text. */
export interface IFigureSpan {
  readonly start: number;
  readonly end: number;
  /** Whether its program prints it without a unit. */
  readonly isCount: boolean;
}

/**
 * The figure of a span with which a pattern ended: it ends where its line ends.
 *
 * Only where a terminal broke it does it go on: then its unit is a whole word
 * of the next line, and its program always prints one.
 */
export function figureAt(
  compact: string,
  gaps: Gaps,
  { start, end, isCount }: IFigureSpan
): string {
  const whole = compact.slice(start, end);
  const line = gaps.lineIn(start, end);
  if (line < 0) {
    return whole;
  }
  const isApart = gaps.isBefore(end) || !/^\w/.test(compact.slice(end));
  const isBroken =
    !isCount && isApart && WORD_UNIT.test(whole) && !gaps.isParagraph(line);
  return isBroken ? whole : compact.slice(start, line);
}
