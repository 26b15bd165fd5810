// @vitest-environment node
import { beforeEach, describe, expect, it } from 'vitest';

import type { IFinishedRun } from '../../src/core/leaks/rules/rule';
import { RunLog } from '../../src/core/leaks/rules/runlog';

function finished(run: number): IFinishedRun {
  return {
    record: {
      run,
      cellId: null,
      executionCount: run,
      codeDigest: '',
      startedSeconds: 0,
      endedSeconds: 0,
      ok: true,
      devices: [],
      removed: []
    },
    devices: null
  };
}

describe('RunLog', () => {
  let log: RunLog;

  const numbers = (): number[] => [...log].map(({ record }) => record.run);

  beforeEach(() => {
    log = new RunLog();
  });

  it('should keep runs in order, whatever the order they come in', () => {
    expect([2, 4, 3, 5].map(run => log.add(finished(run)))).toEqual([
      'latest',
      'latest',
      'late',
      'latest'
    ]);
    expect(numbers()).toEqual([2, 3, 4, 5]);
  });

  it('should keep each run once', () => {
    log.add(finished(1));
    log.add(finished(2));
    expect(log.add(finished(1))).toBe('known');
    expect(log.add(finished(2))).toBe('known');
    expect(numbers()).toEqual([1, 2]);
  });

  it('should forget the oldest, and not take it back', () => {
    for (let run = 1; run <= 501; run++) {
      log.add(finished(run));
    }
    expect(log.add(finished(1))).toBe('known');
    expect(numbers()).toHaveLength(500);
    expect(numbers()[0]).toBe(2);
  });
});
