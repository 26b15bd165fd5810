// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { RULES } from '../../../src/core/oom/cause/diagnose';
import { normalize } from '../../../src/core/oom/match/normalize';
import { ELEMENT_BYTES, RENAMED } from '../../../src/core/oom/read/read';
import { OOM_MENTIONS } from '../../../src/core/wire/generated';
import { LINES, SHAPES } from '../../../src/core/oom/read/recognize';
import { GROUPS } from '../../../src/core/oom/match/pattern';
import { AMBIGUOUS_ERRORS } from '../../../src/core/oom/cause/ambiguous';
import type { ICheck } from './checks';
import { CHECKS, holds } from './checks';

const ready = CHECKS.map(check => ({
  check,
  ...normalize(check.text)
}));

/** Whether any of `checks` fails while `row` is not in its table. */
function isNeeded<T>(
  table: readonly T[],
  row: number,
  checks: readonly ICheck[]
): boolean {
  const rows = table as T[];
  const [removed] = rows.splice(row, 1);
  try {
    return checks.some(check => !holds(check));
  } finally {
    rows.splice(row, 0, removed as T);
  }
}

function checksWith(words: string): ICheck[] {
  return ready
    .filter(({ plain, compact }) => (compact + plain).includes(words))
    .map(({ check }) => check);
}

function isKeyNeeded<T>(
  table: Readonly<Record<string, T>>,
  key: string
): boolean {
  const rows = table as Record<string, T>;
  const removed = rows[key] as T;
  delete rows[key];
  try {
    return CHECKS.some(check => !holds(check));
  } finally {
    rows[key] = removed;
  }
}

describe('The tables of explainOutOfMemory', () => {
  it('should pass all checks with all of their rows', () => {
    expect(CHECKS.filter(check => !holds(check))).toEqual([]);
  });

  it('should need each shape', () => {
    const idle = SHAPES.filter(
      ({ anchor }, row) => !isNeeded(SHAPES, row, checksWith(anchor))
    );
    expect(idle.map(({ backend, pattern }) => [backend, pattern])).toEqual([]);
  });

  it('should need each further figure of each shape', () => {
    const idle = SHAPES.flatMap(({ anchor, backend, more = [] }) =>
      more
        .filter((_, row) => !isNeeded(more, row, checksWith(anchor)))
        .map(pattern => [backend, anchor, pattern])
    );
    expect(idle).toEqual([]);
  });

  it('should need each line', () => {
    const idle = LINES.filter(
      ({ text }, row) => !isNeeded(LINES, row, checksWith(text))
    );
    expect(idle).toEqual([]);
  });

  it('should need each name of a program, each suspect and each rule', () => {
    const idle = [RENAMED, AMBIGUOUS_ERRORS, RULES].map(
      (table: readonly unknown[]) =>
        table.map((_, row) => row).filter(row => !isNeeded(table, row, CHECKS))
    );
    expect(idle).toEqual([[], [], []]);
  });

  it('should need each word by which errors are chosen', () => {
    const idle = OOM_MENTIONS.filter(
      (word, row) => !isNeeded(OOM_MENTIONS, row, checksWith(word))
    );
    expect(idle).toEqual([]);
  });

  it('should need each type and each figure', () => {
    expect(
      Object.keys(ELEMENT_BYTES).filter(key => !isKeyNeeded(ELEMENT_BYTES, key))
    ).toEqual([]);
    expect(
      Object.keys(GROUPS).filter(key => !isKeyNeeded(GROUPS, key))
    ).toEqual([]);
  });
});
