import { describe, expect, it } from 'vitest';

import type { ISplitRow } from '../../bench/plan/split';
import { scoreSplit } from '../../bench/plan/split';
import { measuredRowsOf } from './rows';

/** What `split_flow.py` measured on two H100s; the first line is about the machine. */
const ROWS = measuredRowsOf<ISplitRow>('split_measured_h100.jsonl');

describe('planSplit() beside what two H100s measured', () => {
  it('should have several models', () => {
    expect(new Set(ROWS.map(({ model }) => model)).size).toBe(9);
  });

  it.each(ROWS)('should foresee $model with $context tokens', row => {
    for (const { what, planned, measured, name } of scoreSplit(row)) {
      const error = Math.abs(planned / measured - 1);
      expect(error, `${what}, ${name}`).toBeLessThan(
        what === 'split driver' ? 0.05 : 0.01
      );
    }
  });
});
