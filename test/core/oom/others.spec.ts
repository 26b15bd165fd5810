// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import rows from '../../fixtures/oom.json';
import { Random } from '../random';
import { messageOf } from './kernel';
import { sentences } from './layouts';
import { HOST, MET, NOT_MEMORY, PROSE } from './texts';

describe('explainOutOfMemory on what is not an out-of-memory error', () => {
  it.each(NOT_MEMORY)('should say nothing of another error: %s', text => {
    expect(explainOutOfMemory(text)).toBeNull();
    const traceback = `Traceback (most recent call last):\n  File "a.py", line 3\n${text}\n`;
    expect(explainOutOfMemory(traceback)).toBeNull();
  });

  it.each(PROSE)('should say nothing of words about memory: %s', text => {
    expect(explainOutOfMemory(text)).toBeNull();
  });

  it('should find the message among such words', () => {
    const message = messageOf({ tried: 1, free: 0.5, allocated: 78 });
    const text = [...PROSE, message, ...NOT_MEMORY, ...PROSE].join('\n\n');
    expect(explainOutOfMemory(text)).toMatchObject({ cause: 'simply full' });
  });
});

describe('explainOutOfMemory on the ways in which programs say it', () => {
  it.each(MET)('should know %s by: %s', (backend, text) => {
    expect(explainOutOfMemory(text)?.backend).toBe(backend);
    const traceback = `Traceback (most recent call last):\n  File "a.py", line 3\n${text}\n`;
    expect(explainOutOfMemory(traceback)?.backend).toBe(backend);
  });

  it('should take the figures of the error that another one reports', () => {
    const warming = MET.find(([backend]) => backend === 'vllm')?.[1] ?? '';
    const text = `${messageOf({ tried: 1, free: 0.5, allocated: 78 })}\n\nThe above exception was the direct cause of the following exception:\n\n${warming}`;
    expect(explainOutOfMemory(text)).toMatchObject({
      backend: 'vllm',
      cause: 'simply full',
      requestedBytes: 2 ** 30
    });
  });
});

describe('explainOutOfMemory on memory of the host', () => {
  it.each(HOST)('should say that it is not the GPU: %s', text => {
    const found = explainOutOfMemory(text);
    expect(found).toMatchObject({
      backend: 'host',
      cause: 'not device memory'
    });
    expect(found?.sentence).toContain("machine's own memory");
  });

  it('should know memory of the device behind a MemoryError of another library', () => {
    const text =
      'MemoryError: std::bad_alloc: out_of_memory: CUDA error at: /include/rmm/mr/device/cuda_memory_resource.hpp:60: cudaErrorMemoryAllocation out of memory';
    expect(explainOutOfMemory(text)?.backend).toBe('cuda-driver');
  });
});

describe('explainOutOfMemory on damaged text', () => {
  it('should find no figure that the whole text does not have, however it is cut', () => {
    const random = new Random(23);
    for (let round = 0; round < 2000; round += 1) {
      const { text, figures } = sentences(random);
      const found = explainOutOfMemory(
        text.slice(0, random.below(text.length))
      );
      for (const [name, bytes] of Object.entries(found ?? {})) {
        if (name in figures && typeof bytes === 'number') {
          // A figure may itself be cut short, but only the last one is.
          expect(bytes).toBeLessThanOrEqual(
            figures[name as keyof typeof figures] ?? -1
          );
        }
      }
    }
  });

  it('should survive noise in any message', () => {
    const random = new Random(29);
    const noise = [
      '\u0000',
      '\n',
      '9',
      '&#',
      '<b',
      '\u001b[',
      '(',
      '\\',
      '🙂',
      '\ud800',
      ' GiB',
      '%s',
      '`'
    ];
    let recognised = 0;
    for (let round = 0; round < 4000; round += 1) {
      const characters = [...random.pick(rows).text];
      for (let hit = random.below(12); hit > 0; hit -= 1) {
        characters.splice(
          random.below(characters.length),
          random.below(3),
          random.pick(noise)
        );
      }
      const found = explainOutOfMemory(characters.join(''));
      if (found !== null) {
        recognised += 1;
        for (const each of Object.values(found)) {
          expect(Number.isNaN(each)).toBe(false);
        }
        expect(found.sentence).toMatch(/\.$/);
      }
    }
    expect(recognised).toBeGreaterThan(2000);
  });

  it('should survive megabytes of anything, and see what stands at either end', () => {
    const message = messageOf({ tried: 1, free: 0.5, allocated: 78 });
    for (const unit of [
      '\u001b[',
      '| \t',
      '1.1.\n',
      '<span ',
      '&#1',
      '(a pid=',
      '\\n',
      'out of memory\n'
    ]) {
      const filler = unit.repeat(Math.ceil(3e6 / unit.length));
      expect(explainOutOfMemory(filler)).toBeNull();
      expect(explainOutOfMemory(`${filler}\n\n${message}`)?.cause).toBe(
        'simply full'
      );
      expect(explainOutOfMemory(`${message}\n\n${filler}`)?.cause).toBe(
        'simply full'
      );
    }
  });
});
