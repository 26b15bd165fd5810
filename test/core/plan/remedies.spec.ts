import { describe, expect, it } from 'vitest';

import type { IGpu } from '../../../src/core/plan';
import {
  cellKinds,
  gpuLayers,
  longestContext,
  maxMemoryGiB,
  modelShape,
  planCell,
  planFit,
  remediesFor,
  remedySentence
} from '../../../src/core/plan';
import { english } from '../../../src/core/text/translation';
import { GIB } from '../../../src/core/text/units';
import { LLAMA_8B } from './rows';

const EIGHT_B = modelShape(LLAMA_8B);

function gpu(gib: number, major = 8): IGpu {
  return {
    name: 'card',
    totalBytes: gib * GIB,
    freeBytes: gib * GIB,
    computeCapability: [major, 0]
  };
}

describe('remediesFor()', () => {
  it('should have nothing to say of what fits', () => {
    expect(remediesFor(EIGHT_B, { format: 'bf16', gpus: [gpu(80)] })).toEqual(
      []
    );
    expect(remediesFor(EIGHT_B, { format: 'bf16' })).toEqual([]);
  });

  it('should go from half precision to the CPU, in this order', () => {
    const remedies = remediesFor(EIGHT_B, { format: 'fp32', gpus: [gpu(12)] });
    const kinds = remedies.map(({ kind }) => kind);
    expect(kinds).toEqual([
      'half',
      'int8',
      'nf4',
      'gguf',
      'gguf',
      'gguf',
      'offload'
    ]);
    expect(remedies.map(({ isEnough }) => isEnough)).toEqual([
      ...[false, true, true, true, true, true, true]
    ]);
    remedies.forEach(remedy =>
      expect(remedySentence(remedy, english)).toMatch(/\.$/)
    );
  });

  it('should say how many layers go on a card that is too small for all', () => {
    const remedies = remediesFor(EIGHT_B, { format: 'bf16', gpus: [gpu(5)] });
    const last = remedies[remedies.length - 1];
    expect(last?.kind).toBe('gpu-layers');
    expect(last?.gpuLayers).toBeGreaterThan(0);
    expect(last?.gpuLayers).toBeLessThan(33);
  });

  it('should say fp16 where the card has no bf16', () => {
    const [first] = remediesFor(EIGHT_B, {
      format: 'fp32',
      gpus: [gpu(12, 7)]
    });
    expect(first?.plan?.format).toBe('fp16');
  });

  it('should shorten the context where only that is too much', () => {
    const options = { format: 'bf16', contextTokens: 65536, gpus: [gpu(24)] };
    const remedy = remediesFor(EIGHT_B, options).find(
      ({ kind }) => kind === 'shorter-context'
    );
    const tokens = remedy?.contextTokens ?? 0;
    expect(tokens).toBeGreaterThan(8192);
    expect(tokens).toBe(longestContext(EIGHT_B, options));
    const longer = planFit(EIGHT_B, {
      ...options,
      contextTokens: tokens + 256
    });
    expect(longer.verdicts[0]?.status).not.toBe('fits');
  });
});

describe('gpuLayers()', () => {
  it('should count all layers and the output where they fit, and fewer on small cards', () => {
    const count = (gib: number): number =>
      gpuLayers(EIGHT_B, { format: 'Q4_K_M' }, gpu(gib)).count;
    expect(count(80)).toBe(33);
    expect(count(2)).toBe(0);
    expect(count(5)).toBeGreaterThan(5);
    expect(count(5)).toBeLessThan(count(6));
  });
});

describe('maxMemoryGiB()', () => {
  it('should leave one GiB of what is free now', () => {
    expect(maxMemoryGiB([gpu(24), gpu(0.5)])).toEqual([23, 0]);
  });
});

describe('planCell()', () => {
  const cell = (format: string, model: string): string[] => {
    const plan = planFit(EIGHT_B, { format });
    return cellKinds(plan).map(kind =>
      planCell(kind, {
        plan,
        model,
        isEncoder: false,
        maxMemoryGiB: [6],
        gpuLayers: 20
      })
    );
  };

  it('should quote what a person typed', () => {
    const [python] = cell('nf4', 'a"b\\c\n');
    expect(python).toContain('model_id = "a\\"b\\\\c\\n"');
    expect(python).toContain('max_memory={0: "6GiB", "cpu": psutil');
    const [, shell] = cell('Q4_K_M', "it's");
    expect(shell).toContain(`-hf 'it'\\''s:Q4_K_M'`);
  });

  it('should set layers and context for llama.cpp and Ollama', () => {
    const [python, shell, ollama] = cell('Q4_K_M', 'org/model-GGUF');
    expect(python).toContain('n_gpu_layers=20');
    expect(shell).toContain('-ngl 20');
    expect(ollama).toContain('PARAMETER num_gpu 20');
    expect(ollama).toContain('FROM hf.co/org/model-GGUF:Q4_K_M');
  });
});
