import { describe, expect, it } from 'vitest';

import { modelShape, planSplit } from '../../../src/core/plan';
import { GIB, MIB } from '../../../src/core/units';
import type { ITracedModel } from './rows';
import { mean, rowsOf } from './rows';

/** What `device_maps.py` noted of one model and `max_memory`. */
interface ICase {
  readonly maxMemoryBytes: readonly number[];
  readonly map: {
    readonly layers: readonly number[];
    readonly embedding: number;
    readonly head: number;
  } | null;
}

const MAPS = new Map(
  rowsOf<{ model: string; cases: ICase[] }>('device_maps.jsonl').map(
    ({ model, cases }) => [model, cases]
  )
);
const MODELS = rowsOf<ITracedModel>('traced_models.jsonl').filter(({ model }) =>
  MAPS.has(model)
);

/** Where `planSplit` puts the same, on GPUs that are large enough. */
function placed(
  config: unknown,
  maxMemoryBytes: readonly number[]
): ICase['map'] {
  const gpus = maxMemoryBytes.map(() => ({
    name: 'card',
    totalBytes: 1000 * GIB,
    freeBytes: null,
    computeCapability: null
  }));
  const { devices } = planSplit(modelShape(config), {
    contextTokens: 16,
    gpus,
    maxMemoryBytes
  });
  return devices.length === 0
    ? null
    : {
        layers: devices.map(({ layers }) => layers.count),
        embedding: devices.findIndex(({ hasEmbedding }) => hasEmbedding),
        head: devices.findIndex(({ hasHead }) => hasHead)
      };
}

/** Whose masks are buffers of the modules, which the planner does not count. */
const HAS_MASKS = new Set(['GPT-Neo-1.3B', 'StarCoderBase-1B']);

describe('planSplit() beside device_map="auto" itself', () => {
  it('should have many models to compare', () => {
    expect(MODELS.length).toBeGreaterThan(60);
  });

  it.each(MODELS)('should place $model alike', ({ model, config }) => {
    for (const { maxMemoryBytes, map } of MAPS.get(model) ?? []) {
      const own = placed(config, maxMemoryBytes);
      if (HAS_MASKS.has(model) && map !== null) {
        const off = map.layers.map((count, gpu) =>
          Math.abs(count - (own?.layers[gpu] ?? Infinity))
        );
        expect(Math.max(...off), maxMemoryBytes.join()).toBeLessThan(2);
      } else {
        expect(own, maxMemoryBytes.join()).toEqual(map);
      }
    }
  });
});

/** A model that ran on the meta device as if on two GPUs: see `trace_splits.py`. */
interface ITracedSplit {
  readonly model: string;
  readonly config: unknown;
  readonly max_memory_bytes: readonly number[];
  readonly device_map: { readonly layers: readonly number[] };
  readonly tokens: number;
  readonly peak: readonly number[];
}

describe('planSplit() beside the code of transformers over two GPUs', () => {
  const H100 = {
    name: 'H100',
    totalBytes: 80 * GIB,
    freeBytes: null,
    computeCapability: [9, 0]
  } as const;
  /** cuBLAS's workspace, which the meta device does not have. */
  const WORKSPACE_BYTES = 32 * MIB;

  const errors = rowsOf<ITracedSplit>('traced_splits.jsonl').flatMap(row => {
    const { devices } = planSplit(modelShape(row.config), {
      contextTokens: row.tokens,
      gpus: [H100, H100],
      maxMemoryBytes: row.max_memory_bytes
    });
    expect(devices.map(({ layers }) => layers.count)).toEqual(
      row.device_map.layers
    );
    return devices.map(({ peakBytes, weightsBytes }, gpu) => {
      const own = peakBytes.likely - weightsBytes - WORKSPACE_BYTES;
      return Math.abs(own / (row.peak[gpu] ?? NaN) - 1);
    });
  });

  it('should be right about all but the weights of each GPU', () => {
    expect(errors.length).toBeGreaterThan(30);
    expect(mean(errors)).toBeLessThan(0.001);
    expect(Math.max(...errors)).toBeLessThan(0.02);
  });
});
