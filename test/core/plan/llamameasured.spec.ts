import { describe, expect, it } from 'vitest';

import type { ILlamaRow } from '../../bench/plan/llama';
import { scoreLlama } from '../../bench/plan/llama';
import { measuredRowsOf } from './rows';

/** What `llama_flow.py` measured on two H100s; the first line is about the machine. */
const ROWS = measuredRowsOf<ILlamaRow>('llama_measured_h100.jsonl');

/** The most that a figure may be off. Where experts meet, ggml leaves a gap of 41 MiB. */
const MOST: Readonly<Record<string, number>> = {
  'llama weights': 0.01,
  'llama cache': 0.001,
  'llama compute': 0.12,
  'llama peak': 0.01,
  'llama driver': 0.035
};

describe('planFit() and planSplit() beside what llama.cpp took on H100s', () => {
  it('should have several models, alone and over two GPUs', () => {
    expect(new Set(ROWS.map(({ model }) => model)).size).toBeGreaterThan(10);
    expect(
      ROWS.filter(({ tensor_split }) => tensor_split.length > 1).length
    ).toBeGreaterThan(20);
  });

  it.each(ROWS)(
    'should foresee $model as $format with $context tokens, $tensor_split layers',
    row => {
      for (const { what, planned, measured, name, band } of scoreLlama(row)) {
        const error = Math.abs(planned / measured - 1);
        expect(error, `${what}, ${name}`).toBeLessThan(MOST[what] ?? 0);
        if (band) {
          expect(measured, `${what}, ${name}`).toBeGreaterThan(band.low);
          expect(measured, `${what}, ${name}`).toBeLessThan(band.high);
        }
      }
    }
  );
});
