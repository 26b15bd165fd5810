import type { ITranslate } from './translation';
import { english } from './translation';

/** What stands in for a figure that is not known. */
export const UNKNOWN_FIGURE = '–';

/** Bytes in one MiB. */
export const MIB = 2 ** 20;

/** Bytes in one GiB. */
export const GIB = 2 ** 30;

/** Bytes in one TiB. */
const TIB = 2 ** 40;

const MINUS = '\u2212';
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * `bytes` in the largest binary unit of which there is at least one, with about
 * three digits: `14.2 GiB`, `512 MiB`, `8.1 MiB`, `0 B`.
 *
 * What is not a figure (null, NaN, infinite, beyond 2^53) reads `–`.
 */
export function formatBytes(bytes: number | null): string {
  if (!isFigure(bytes)) {
    return UNKNOWN_FIGURE;
  }
  const text = formatSize(Math.abs(bytes));
  return bytes < 0 && text !== '0 B' ? `${MINUS}${text}` : text;
}

/** As `formatBytes`, with a sign in front of whatever is not zero: `+1.50 GiB`, `−512 MiB`. */
export function formatDelta(bytes: number | null): string {
  const text = formatBytes(bytes);
  return isFigure(bytes) && bytes > 0 && text !== '0 B' ? `+${text}` : text;
}

/** `bytes` to the last byte, for tooltips: `2,147,484,160 bytes`. */
export function formatExact(
  bytes: number | null,
  trans: ITranslate = english
): string {
  if (!isFigure(bytes)) {
    return UNKNOWN_FIGURE;
  }
  const whole = Math.round(Math.abs(bytes));
  const digits = String(whole).replace(/\B(?=(\d{3})+$)/g, ',');
  const signed = bytes < 0 && whole > 0 ? `${MINUS}${digits}` : digits;
  return trans._n('%2 byte', '%2 bytes', whole, signed);
}

/** How long ago something was, in its largest whole unit: `12 s ago`, `3 min ago`. */
export function formatAge(
  ageMs: number | null,
  trans: ITranslate = english
): string {
  if (!isFigure(ageMs)) {
    return UNKNOWN_FIGURE;
  }
  const age = Math.max(0, ageMs);
  if (age < MINUTE_MS) {
    return trans.__('%1 s ago', Math.floor(age / SECOND_MS));
  }
  if (age < HOUR_MS) {
    return trans.__('%1 min ago', Math.floor(age / MINUTE_MS));
  }
  if (age < DAY_MS) {
    return trans.__('%1 h ago', Math.floor(age / HOUR_MS));
  }
  return trans.__('%1 d ago', Math.floor(age / DAY_MS));
}

function isFigure(value: number | null): value is number {
  return value !== null && Math.abs(value) <= 2 ** 53;
}

function formatSize(size: number): string {
  if (Math.round(size) < 1024) {
    return `${Math.round(size)} B`;
  }
  // Rounding can reach the next unit: 1023.6 MiB is 1.00 GiB, not 1024 MiB.
  for (const [unit, unitBytes] of [
    ['KiB', 1024],
    ['MiB', MIB]
  ] as const) {
    const figure = size / unitBytes;
    if (Math.round(figure) < 1024) {
      return `${figure.toFixed(figure < 9.95 ? 1 : 0)} ${unit}`;
    }
  }
  // Most GPUs and machines have less than a tebibyte, and are compared in gibibytes.
  const isLarge = Math.round(size / GIB) >= 1024;
  const figure = size / (isLarge ? TIB : GIB);
  return `${figure.toFixed(figure < 9.995 ? 2 : figure < 99.95 ? 1 : 0)} ${isLarge ? 'TiB' : 'GiB'}`;
}
