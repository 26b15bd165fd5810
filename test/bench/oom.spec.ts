import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../src/core/oom';
import { messageOf } from '../core/oom/kernel';
import { say } from './statistics';

const LENGTH = 10 * 2 ** 20;
const LIMIT_MS = 1000;

const MESSAGE = messageOf({ tried: 1, free: 0.5, allocated: 78 });
const TEXTS: Readonly<Record<string, string>> = {
  'a log without an error':
    '2026-01-01 12:00:00,123 INFO step 1234 loss 0.123 [rank0]: ok\n',
  'errors only': `${MESSAGE}\n`,
  'words about memory':
    'cuda out of memory outofmemory cublas_status_alloc_failed resultsin failedtoallocate killed memoryerror std::bad_alloc: tried to allocate\n',
  'other languages': '显存不足 память закончилась ',
  spaces: ' ',
  digits: '1\n',
  colours: '\u001b[1;31mx\u001b[0m ',
  'broken escapes': '\u001b[',
  'broken markup': '<span &#1 ',
  settings: 'pytorch_cuda_alloc_conf=a:b,'
};

describe('oom', () => {
  it.each(Object.entries(TEXTS))(
    'explains 10 MB of %s within a second',
    (name, unit) => {
      const text = unit
        .repeat(Math.ceil(LENGTH / unit.length))
        .slice(0, LENGTH);
      const startMs = performance.now();
      explainOutOfMemory(text);
      const tookMs = performance.now() - startMs;
      say(
        `10 MB of ${name}: ${tookMs.toFixed(0)} ms (wanted: <= ${LIMIT_MS} ms)`
      );
      expect(tookMs).toBeLessThan(LIMIT_MS);
    }
  );
});
