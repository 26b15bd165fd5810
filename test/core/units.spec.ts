// @vitest-environment node
import { describe, expect, it } from 'vitest';

import {
  formatAge,
  formatBytes,
  formatDelta,
  formatExact,
  GIB,
  MIB
} from '../../src/core/text/units';

const NO_FIGURES = [null, NaN, Infinity, -Infinity, 1e30, -1e30];

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1, '1 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [8 * MIB, '8.0 MiB'],
    [8519680, '8.1 MiB'],
    [32 * MIB, '32 MiB'],
    [512 * MIB, '512 MiB'],
    [2147484160, '2.00 GiB'],
    [14.2 * GIB, '14.2 GiB'],
    [85017755648, '79.2 GiB'],
    [141 * GIB, '141 GiB'],
    [1000 * GIB, '1000 GiB'],
    [40_000_000_000_000, '36.4 TiB'],
    [2 ** 53, '8192 TiB']
  ])('should write %d bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [1024 - 0.4, '1.0 KiB'],
    [1024 * 1023.6, '1.0 MiB'],
    [MIB * 1023.6, '1.00 GiB'],
    [MIB * 9.96, '10 MiB'],
    [GIB * 9.996, '10.0 GiB'],
    [GIB * 99.96, '100 GiB'],
    [GIB * 1023.6, '1.00 TiB']
  ])('should carry %d bytes into the next digit', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it('should write a true minus sign', () => {
    expect(formatBytes(-GIB)).toBe('\u22121.00 GiB');
  });

  it.each(NO_FIGURES)('should not print %s as a figure', bytes => {
    expect(formatBytes(bytes)).toBe('–');
  });
});

describe('formatDelta', () => {
  it.each([
    [1.5 * GIB, '+1.50 GiB'],
    [-512 * MIB, '\u2212512 MiB'],
    [0, '0 B'],
    [-0, '0 B'],
    [0.2, '0 B'],
    [-0.2, '0 B']
  ])('should write %d as %s', (bytes, text) => {
    expect(formatDelta(bytes)).toBe(text);
  });

  it.each(NO_FIGURES)('should not print %s as a figure', bytes => {
    expect(formatDelta(bytes)).toBe('–');
  });
});

describe('formatExact', () => {
  it.each([
    [0, '0 bytes'],
    [1, '1 byte'],
    [999, '999 bytes'],
    [1000, '1,000 bytes'],
    [2147484160, '2,147,484,160 bytes'],
    [-123456, '\u2212123,456 bytes'],
    [Number.MAX_SAFE_INTEGER, '9,007,199,254,740,991 bytes']
  ])('should write %d as %s', (bytes, text) => {
    expect(formatExact(bytes)).toBe(text);
  });

  it.each(NO_FIGURES)('should not print %s as a figure', bytes => {
    expect(formatExact(bytes)).toBe('–');
  });
});

describe('formatAge', () => {
  it.each([
    [-5, '0 s ago'],
    [12_999, '12 s ago'],
    [59_999, '59 s ago'],
    [60_000, '1 min ago'],
    [3_600_000, '1 h ago'],
    [86_400_000 * 3, '3 d ago']
  ])('should write %d ms as %s', (ageMs, text) => {
    expect(formatAge(ageMs)).toBe(text);
  });

  it.each([null, NaN, Infinity])('should not print %s as an age', ageMs => {
    expect(formatAge(ageMs)).toBe('–');
  });
});
