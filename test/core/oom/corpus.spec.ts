// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import rows from '../../fixtures/oom.json';

describe('explainOutOfMemory on published messages', () => {
  it('should have messages of every backend that people meet', () => {
    const backends = new Set(rows.map(({ expect: wanted }) => wanted?.backend));
    expect([...backends].sort()).toEqual(
      [
        undefined,
        ...['bitsandbytes', 'cublas', 'cuda', 'cuda-driver', 'cudnn', 'cupy'],
        ...['hip', 'host', 'jax', 'llama.cpp', 'mps', 'neuron', 'npu'],
        ...['numba', 'ollama', 'onnxruntime', 'tensorflow'],
        ...['transformers-dispatch', 'vllm', 'xpu']
      ].sort()
    );
  });

  it.each(rows.map(row => [row.source, row] as const))(
    'should read every field of %s',
    (_, { text, expect: wanted }) => {
      const found = explainOutOfMemory(text);
      if (wanted === null) {
        expect(found).toBeNull();
        return;
      }
      expect(found).toMatchObject(wanted);
      expect(found?.sentence).toMatch(/^[^%]+\.$/);
      expect(found?.remedies.length).toBeGreaterThan(0);
    }
  );
});
