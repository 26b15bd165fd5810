/** A size in text without spaces: `2.11gib`, `0bytes`, `32.00m`, `8,589,934,592bytes`, `5520758552`. */
export const SIZE = '\\d[\\d,]*(?:\\.\\d+)?(?:bytes?|[kmgtp]?i?b|[kmgtp])?';

const PARTS = /^([\d.,]+)([kmgtp]?)/;
const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * The bytes of a `SIZE`; null when it is none, or beyond 2^53.
 *
 * All units are binary: programs that print `GB` for memory mean 2^30. What a
 * driver can't tell is printed as 2^64 bytes, which is no figure either.
 */
export function bytesOf(size: string | undefined): number | null {
  const [, digits, unit] = PARTS.exec(size ?? '') ?? [];
  if (digits === undefined || unit === undefined) {
    return null;
  }
  const value = Number(digits.replace(/,/g, ''));
  const bytes = Math.round(value * 1024 ** UNITS.indexOf(unit));
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : null;
}
