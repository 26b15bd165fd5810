/**
 * The colors of several notebooks beside each other.
 *
 * Not the theme's: two of those can be the same. Each of these has a contrast of at least 3 on
 * a light and on a dark page, and any two differ for every common kind of color vision;
 * a test computes both.
 */
export const COLORS = [
  '#2299ee',
  '#cc1100',
  '#bb8844',
  '#6633ff',
  '#aa11aa',
  '#ff33bb'
] as const;

/** Of what belongs to no notebook. */
export const OTHERS = '#777777';

/** How lines are broken once all colors are in use. */
const DASHES = ['none', '6 3', '2 3', '10 3 2 3', '1 5', '14 4'] as const;

/** The color of the nth of several. */
export function colorOf(index: number): string {
  return COLORS[index % COLORS.length] ?? OTHERS;
}

/** How the nth of several lines is broken, as `stroke-dasharray` has it. */
export function dashOf(index: number): string {
  return DASHES[Math.floor(index / COLORS.length) % DASHES.length] ?? 'none';
}
