import { describe, expect, it } from 'vitest';

import { Field } from '../../src/core/wire/decode';
import { decodeHoldings } from '../../src/core/wire/generated';
import {
  isNotebooksOwn,
  reachedBytes,
  releasedName
} from '../../src/core/wire/holders';
import fixture from '../fixtures/holdings.json';

function read(answer: unknown): ReturnType<typeof decodeHoldings> {
  return decodeHoldings(new Field(answer, 'answer', { reason: null }));
}

describe('decodeHoldings()', () => {
  it.each(fixture.valid)('should accept what is valid', answer => {
    const found = read(answer);
    expect(found.holders).toHaveLength(answer.holders.length);
    expect(found.isComplete).toBe(answer.is_complete);
    expect(found.seconds).toBe(answer.seconds);
  });

  it('should keep every figure and name', () => {
    const [holder, rest] = read(fixture.valid[0]).holders;
    expect(holder).toMatchObject({
      name: 'Out[4]',
      kind: 'output',
      path: 'Out[4].0.weight',
      bytes: 2 ** 30,
      sharedBytes: 2 ** 30,
      alsoHeldBy: ['y'],
      tensorCount: 16,
      promise: 'shared',
      devices: [{ id: 'cuda:0', bytes: 2 ** 30, sharedBytes: 2 ** 30 }],
      parts: [
        { path: 'Out[4].0', bytes: 2 ** 28 },
        { path: 'Out[4].1', bytes: 2 ** 28 }
      ]
    });
    expect(rest).toMatchObject({ release: null, note: null });
    expect(rest).not.toHaveProperty('promise');
    expect(read(fixture.valid[0]).devices).toEqual([
      {
        id: 'cuda:0',
        allocatedBytes: 2 ** 31 + 4096,
        namedBytes: 2 ** 31,
        unattributedBytes: 4096
      }
    ]);
  });

  it.each(fixture.invalid)('should refuse $why', ({ answer }) => {
    expect(() => read(answer)).toThrow();
  });

  it('should make one line of a name, without what could hide it', () => {
    const [holder] = fixture.valid[0]?.holders ?? [];
    const hostile = { ...holder, name: 'a\nb\u202Ec' };
    const found = read({ ...fixture.valid[0], holders: [hostile] });
    expect(found.holders[0]?.name).toBe('a bc');
  });
});

describe('reachedBytes()', () => {
  it('should count what is shared', () => {
    const [holder] = read(fixture.valid[0]).holders;
    expect(holder && reachedBytes(holder)).toBe(2 ** 31);
    expect(holder && isNotebooksOwn(holder)).toBe(true);
  });
});

describe('releasedName()', () => {
  it('should be the holder, or the one owner of what is no holder itself', () => {
    const [output, rest] = read(fixture.valid[0]).holders;
    const graph = { ...output!, name: 'CUDA graph of g', alsoHeldBy: ['g'] };
    expect(releasedName(output!)).toBe('Out[4]');
    expect(releasedName(rest!)).toBeNull();
    expect(releasedName({ ...graph, kind: 'cuda graph pool' })).toBe('g');
    expect(releasedName({ ...graph, kind: 'fragmentation' })).toBe('g');
  });
});
