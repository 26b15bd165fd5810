// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import { LeakWatch } from '../../src/core/leaks/leakwatch';
import type { ILeak } from '../../src/core/wire/generated';
import { english } from '../../src/core/text/translation';
import { GIB, MIB } from '../../src/core/text/units';
import type { IWarning } from '../../src/core/leaks/warnings/warning';
import { DEFAULT_THRESHOLDS } from '../../src/core/leaks/warnings/warning';
import { FakeKernel, leak } from './kernel';

describe('NotFreedRule', () => {
  let watch: LeakWatch;
  let kernel: FakeKernel;

  beforeEach(() => {
    watch = new LeakWatch(DEFAULT_THRESHOLDS, english);
    kernel = new FakeKernel(watch);
    kernel.allocated = kernel.reserved = 2.05 * GIB;
  });

  function warn(...leaks: ILeak[]): readonly IWarning[] {
    kernel.leaks = leaks;
    kernel.push();
    return watch.warnings;
  }

  it('should name the cause, the evidence and who still refers to it', () => {
    expect(warn(leak({ heldBy: ['backup'] }))).toEqual([
      {
        id: 'not-freed:cuda:0:1',
        kind: 'not-freed',
        severity: 'warning',
        device: 'cuda:0',
        sentence: '`del model` freed 0 of 2.00 GiB.',
        evidence:
          'Cell [6] deleted `model`; 2.00 GiB of it is still alive, allocated is 2.05 GiB. `backup` still holds it.',
        heldBy: ['backup'],
        bytes: 2 * GIB
      }
    ]);
  });

  it('should disappear when the kernel no longer lists the leak', () => {
    expect(warn(leak())).toHaveLength(1);
    expect(warn()).toEqual([]);
  });

  it('should say how much came back when some did', () => {
    const [warning] = warn(leak({ aliveBytes: 1.5 * GIB }));
    expect(warning?.sentence).toBe('`del model` freed 512 MiB of 2.00 GiB.');
  });

  it.each([
    [64 * MIB - 1, 0],
    [64 * MIB, 1]
  ])('should make of %d bytes %d warnings', (aliveBytes, count) => {
    expect(warn(leak({ aliveBytes }))).toHaveLength(count);
  });

  it('should speak of replacing when the name was rebound', () => {
    const [warning] = warn(leak({ how: 'rebound', executionCount: null }));
    expect(warning?.sentence).toBe('Replacing `model` freed 0 of 2.00 GiB.');
    expect(warning?.evidence).toContain('Cell [ ] replaced `model`; 2.00 GiB');
  });

  it('should make one warning of the names that one cell removed', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const leaks = names.map((name, id) =>
      leak({ name, id, heldBytes: 100 * MIB, aliveBytes: 100 * MIB })
    );
    const [warning, ...more] = warn(...leaks);
    expect(more).toEqual([]);
    expect(warning?.sentence).toBe(
      'Deleting `a`, `b`, `c` and 2 more freed 0 of 500 MiB.'
    );
  });

  it('should speak of both when one cell deleted and replaced', () => {
    const [warning, ...more] = warn(
      leak({ heldBytes: GIB, aliveBytes: GIB }),
      leak({
        id: 2,
        name: 'y',
        how: 'rebound',
        heldBytes: GIB,
        aliveBytes: GIB
      })
    );
    expect(more).toEqual([]);
    expect(warning?.sentence).toBe(
      'Deleting or replacing `model`, `y` freed 0 of 2.00 GiB.'
    );
  });

  it('should not claim more alive than is allocated when names share memory', () => {
    const [warning] = warn(leak(), leak({ id: 2, name: 'same' }));
    expect(warning?.bytes).toBe(2.05 * GIB);
    expect(warning?.sentence).toContain('freed 0 of 2.05 GiB');
  });

  it('should keep cells apart', () => {
    expect(warn(leak(), leak({ id: 2, run: 2 }))).toHaveLength(2);
  });

  it('should keep a hostile name inside its code', () => {
    const [warning] = warn(leak({ name: '` <b>%1</b> `', heldBy: ['%2'] }));
    expect(warning?.sentence).toBe("`del ' <b>%1</b> '` freed 0 of 2.00 GiB.");
    expect(warning?.evidence).toContain('`%2` still holds it.');
  });
});
