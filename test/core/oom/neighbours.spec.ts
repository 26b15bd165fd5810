// @vitest-environment node
import { describe, expect, it } from 'vitest';

import type { IOutOfMemory } from '../../../src/core/oom';
import { explainOutOfMemory } from '../../../src/core/oom';
import type { IReading } from '../../../src/core/wire/generated';
import { GIB } from '../../../src/core/text/units';
import gpuRows from '../../fixtures/oom_gpu.json';
import { messageOf, readingOf } from './kernel';
import { HOST, MET } from './texts';

/** As measured: PyTorch's cache has 104 GiB of an H200, and 1 GiB is live. */
const CACHE = readingOf({
  allocatedBytes: GIB,
  reservedBytes: 105 * GIB,
  freeBytes: GIB,
  totalBytes: 140 * GIB,
  processBytes: 139 * GIB
});
const HELD = {
  name: 'Out[7]',
  kind: 'output',
  bytes: GIB,
  release: "release('Out[7]')"
};
const JAX =
  'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 2147483648 bytes.';
/** What only PyTorch's own failures have to do with. */
const OF_TORCH =
  /fragment|lies in pieces|live tensors|given? back every|gave |this notebook still|outside of PyTorch/i;
/** Programs that have nothing to do with PyTorch's allocator. */
const OTHERS = new Set([
  ...['jax', 'tensorflow', 'cupy', 'numba', 'onnxruntime', 'llama.cpp'],
  ...['ollama', 'neuron', 'vllm']
]);

function explain(text: string, reading: IReading = CACHE): IOutOfMemory {
  const found = explainOutOfMemory(text, reading, {
    isLive: true,
    holders: [HELD]
  });
  if (found === null) {
    throw new Error(`Not recognised: ${text}`);
  }
  return found;
}

const wordsOf = ({ sentence, remedies }: IOutOfMemory): string =>
  [sentence, ...remedies.map(({ text }) => text)].join('\n');

describe('explainOutOfMemory on an error of another library', () => {
  it('should not explain it by what PyTorch has, and name its cache', () => {
    const found = explain(JAX);
    expect(found).toMatchObject({ cause: 'unknown', hasTorchGivenBack: false });
    expect(found.sentence).toBe(
      "The GPU had no room for 2.00 GiB. The message does not say what holds the rest. PyTorch's cache in this kernel holds 104 GiB; Clear gives it back."
    );
    expect(found.remedies[0]).toMatchObject({
      id: 'torch-cache',
      act: 'clear'
    });
    expect(wordsOf(found)).not.toMatch(OF_TORCH);
  });

  it.each(MET.filter(([backend]) => OTHERS.has(backend)))(
    'should say nothing of %s that is only true of PyTorch: %s',
    (_, text) => {
      const found = explain(text);
      expect(found.hasTorchGivenBack).toBe(false);
      expect(wordsOf(found)).not.toMatch(OF_TORCH);
      expect(wordsOf(found)).not.toContain('Out[7]');
    }
  );

  it('should name the cache only where it is on the same device', () => {
    const second =
      'RESOURCE_EXHAUSTED: Failed to allocate request for 2.00GiB (2147483648B) on device ordinal 1';
    expect(wordsOf(explain(second))).not.toContain('cache');
    const [device] = CACHE.devices;
    const two = {
      ...CACHE,
      devices: [0, 1].flatMap(index =>
        device ? [{ ...device, id: `cuda:${index}`, index }] : []
      )
    };
    expect(wordsOf(explain(second, two))).toContain('holds 104 GiB');
    expect(wordsOf(explain(JAX, two))).not.toContain('cache');
  });

  it('should name no cache that Clear can not give back, or that is next to nothing', () => {
    const pinned = readingOf({
      allocatedBytes: GIB,
      reservedBytes: 105 * GIB,
      pinnedBytes: 104 * GIB
    });
    expect(wordsOf(explain(JAX, pinned))).not.toContain('cache');
    const small = readingOf({ reservedBytes: 2 ** 21 });
    expect(wordsOf(explain(JAX, small))).not.toContain('cache');
    expect(wordsOf(explain(JAX, readingOf()))).not.toContain('Clear');
  });

  it('should not advise to raise a limit of PyTorch for a pool of another', () => {
    const pool =
      'MemoryError: std::bad_alloc: RMM failure at: pool_memory_resource.hpp:179: Maximum pool size exceeded';
    expect(explain(pool).remedies.map(({ id }) => id)).not.toContain(
      'raise-fraction'
    );
  });

  it.each([
    'cupy_backends.cuda.libs.cublas.CUBLASError: CUBLAS_STATUS_ALLOC_FAILED',
    'Could not create cudnn handle: CUDNN_STATUS_ALLOC_FAILED',
    'xgboost.core.XGBoostError: bad_alloc: cudaErrorMemoryAllocation: out of memory\n- Free memory: 1234567\n- Requested memory: 5678901',
    'RuntimeError: CUDA failed with error out of memory',
    'Error out of memory at line 380 in file /src/csrc/pythonInterface.c'
  ])('should not take it for one of PyTorch: %s', text => {
    const found = explain(text);
    expect(wordsOf(found)).toContain(
      "PyTorch's cache in this kernel holds 104 GiB"
    );
    expect(wordsOf(found)).not.toMatch(OF_TORCH);
  });
});

describe('explainOutOfMemory on memory of the host', () => {
  it.each([...HOST, 'Killed'])(
    'should speak of no cache of a GPU: %s',
    text => {
      const found = explain(text);
      expect(found.hasTorchGivenBack).toBe(false);
      expect(wordsOf(found)).not.toMatch(/PyTorch|cache|Clear/);
    }
  );
});

describe('explainOutOfMemory on an error of PyTorch', () => {
  it('should say that it gave back only where its allocator spoke', () => {
    const full = messageOf({ tried: 1, free: 0.5, allocated: 78 });
    expect(explain(full).hasTorchGivenBack).toBe(true);
    // Not while a graph is being captured.
    const capturing = { ...CACHE, capturing: true };
    expect(explain(full, capturing).hasTorchGivenBack).toBe(false);
    const handle =
      'RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`';
    expect(explain(handle).hasTorchGivenBack).toBe(false);
    expect(wordsOf(explain(handle))).not.toContain('gave its');
  });

  it('should be explained by what PyTorch has, handles of its libraries too', () => {
    for (const { text, held } of gpuRows) {
      const [device] = held.devices;
      const found = explainOutOfMemory(
        text,
        readingOf({ allocatedBytes: device?.allocated_bytes ?? 0 })
      );
      expect(found?.sentence ?? '', text).not.toContain("PyTorch's cache");
    }
    const full = readingOf({
      allocatedBytes: 77 * GIB,
      reservedBytes: 77 * GIB,
      freeBytes: GIB
    });
    const plain = 'RuntimeError: CUDA error: out of memory';
    expect(explainOutOfMemory(plain, full)?.cause).toBe('simply full');
  });
});
