// @vitest-environment node
import { createHash } from 'node:crypto';

import { describe, expect, it, vi } from 'vitest';

import type { ICellRecord } from '../../src/core/wire/generated';
import { clearMemory } from '../../src/core/cells/snippets';
import { codeDigest, isRunOf } from '../../src/plugins/codedigest';

/** As `jupyterlab_vram` makes it. */
function expected(code: string): string {
  return createHash('sha256').update(code, 'utf8').digest('hex').slice(0, 16);
}

function record(cellId: string | null, codeDigestOfRun: string): ICellRecord {
  return { cellId, codeDigest: codeDigestOfRun } as ICellRecord;
}

describe('codeDigest()', () => {
  it.each(['', 'abc', 'größer = "🙂"', clearMemory('cuda').code])(
    'should be the beginning of the SHA-256 (%j)',
    async code => {
      expect(await codeDigest(code)).toBe(expected(code));
    }
  );

  it('should be unknown in a page that is not secure', async () => {
    vi.stubGlobal('crypto', {});
    expect(await codeDigest('abc')).toBeNull();
  });
});

describe('isRunOf()', () => {
  it('should go by the id of the cell where the kernel was told', () => {
    expect(isRunOf(record('cell', 'other'), 'cell', 'digest')).toBe(true);
    expect(isRunOf(record('other', 'digest'), 'cell', 'digest')).toBe(false);
  });

  it('should go by the code where the server runs the cells', () => {
    expect(isRunOf(record(null, 'digest'), 'cell', 'digest')).toBe(true);
    expect(isRunOf(record(null, 'other'), 'cell', 'digest')).toBe(false);
    expect(isRunOf(record(null, 'digest'), 'cell', null)).toBe(false);
  });
});
