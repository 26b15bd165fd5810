import { describe, expect, it } from 'vitest';

import type { IGpu } from '../../../src/core/plan';
import { modelShape, planFit, planSplit } from '../../../src/core/plan';
import type { MapBuffer } from '../../../src/core/plan/torch/devicemap';
import { GIB, MIB } from '../../../src/core/text/units';
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

const [MAPS, OLDER_MAPS] = ['device_maps.jsonl', 'device_maps_5_17.jsonl'].map(
  file =>
    new Map(
      rowsOf<{ model: string; cases: ICase[] }>(file).map(
        ({ model, cases }) => [model, cases]
      )
    )
) as [Map<string, ICase[]>, Map<string, ICase[]>];
const MODELS = rowsOf<ITracedModel>('traced_models.jsonl').filter(({ model }) =>
  MAPS.has(model)
);

/** Where `planSplit` puts the same, on GPUs that are large enough. */
function placed(
  config: unknown,
  maxMemoryBytes: readonly number[],
  mapBuffer: MapBuffer
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
    maxMemoryBytes,
    mapBuffer
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
      expectAlike(model, placed(config, maxMemoryBytes, 'module'), map);
    }
    for (const { maxMemoryBytes, map } of OLDER_MAPS.get(model) ?? []) {
      expectAlike(model, placed(config, maxMemoryBytes, 'layer'), map);
    }
  });

  it('should know that versions differ', () => {
    const differs = ({ model }: ITracedModel): boolean =>
      JSON.stringify(MAPS.get(model)) !== JSON.stringify(OLDER_MAPS.get(model));
    expect(MODELS.filter(differs).length).toBeGreaterThan(20);
  });

  it.each(MODELS)(
    'should give limits for $model with which they agree',
    ({ config }) => {
      const shape = modelShape(config);
      const weightsBytes = planFit(shape).weightsBytes;
      const gpu = (share: number): IGpu => ({
        name: 'card',
        totalBytes: share * weightsBytes + 4 * GIB,
        freeBytes: null,
        computeCapability: [9, 0]
      });
      for (const shares of [
        [0.6, 0.6],
        [2, 2],
        [0.4, 1],
        [0.4, 0.4, 0.4]
      ]) {
        const options = { contextTokens: 512, gpus: shares.map(gpu) };
        const { maxMemoryBytes, deviceMap, devices } = planSplit(
          shape,
          options
        );
        if (maxMemoryBytes !== null && deviceMap === 'auto') {
          const under = (mapBuffer: MapBuffer): number[] =>
            planSplit(shape, {
              ...options,
              maxMemoryBytes,
              mapBuffer
            }).devices.map(({ layers }) => layers.count);
          expect(under('layer')).toEqual(under('module'));
          expect(under('layer')).toEqual(
            devices.map(({ layers }) => layers.count)
          );
        }
      }
    }
  );
});

function expectAlike(
  model: string,
  own: ICase['map'],
  map: ICase['map']
): void {
  if (HAS_MASKS.has(model) && map !== null) {
    const off = map.layers.map((count, gpu) =>
      Math.abs(count - (own?.layers[gpu] ?? Infinity))
    );
    expect(Math.max(...off)).toBeLessThan(2);
  } else {
    expect(own).toEqual(map);
  }
}

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
