// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import { messageOf } from './kernel';

const JAX =
  'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate 3199993600 bytes.';
const TENSORFLOW =
  'W tensorflow/core/common_runtime/bfc_allocator.cc:457] Allocator (GPU_0_bfc) ran out of memory trying to allocate 117964800 Bytes (rounded to 117965056)requested by op Add';
const CUPY =
  'cupy.cuda.memory.OutOfMemoryError: Out of memory allocating 25,600,000 bytes (allocated so far: 3,635,267,072 bytes).';
/** What TensorFlow's allocator logs of a try that was not needed. */
const BENIGN = [
  '2025-05-18 21:59:55.086788: W external/xla/xla/tsl/framework/bfc_allocator.cc:310] Allocator (GPU_0_bfc) ran out of memory trying to allocate 3.37GiB with freed_by_count=0. The caller indicates that this is not a failure, but this may mean that there could be performance gains if more memory were available.',
  'W tensorflow/core/common_runtime/bfc_allocator.cc:237] Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.19G (rounded to 2351562752) with freed_by_count=0. The caller indicates that this is not a failure, but may mean that there could be performance gains if more memory were available.'
];
const FULL = messageOf({ tried: 1, free: 0.5, allocated: 78 });

describe('explainOutOfMemory, what belongs to which message', () => {
  it.each([
    ['jax', JAX, 3199993600],
    ['tensorflow', TENSORFLOW, 117964800],
    ['cupy', CUPY, 25600000],
    ['cuda', FULL, 2 ** 30]
  ])(
    'should hear an error of %s beside a try that is no failure',
    (_, error, requestedBytes) => {
      for (const benign of BENIGN) {
        const alone = explainOutOfMemory(error);
        expect(alone?.requestedBytes).toBe(requestedBytes);
        for (const text of [
          `${error}\n${benign}`,
          `${error}\n\n${benign}\n${benign}`,
          `${benign}\n${error}`,
          `${benign}\n${error}\n${benign}`
        ]) {
          expect(explainOutOfMemory(text), text).toMatchObject({
            backend: alone?.backend,
            requestedBytes
          });
        }
      }
    }
  );

  it('should say nothing of such tries alone', () => {
    expect(explainOutOfMemory(BENIGN.join('\n'))).toBeNull();
  });

  it('should say nothing of what a pool logs of a try', () => {
    expect(
      explainOutOfMemory(
        '[2025-01-23 14:33:04.213] [RMM] [error] [A][Stream 0x1][Upstream 67108864B][FAILURE maximum pool size exceeded]\n[       OK ] Test (4175 ms)'
      )
    ).toBeNull();
    expect(
      explainOutOfMemory(
        'MemoryError: std::bad_alloc: out_of_memory: RMM failure at: pool.hpp:196: Maximum pool size exceeded (failed to allocate 2.0 GiB)'
      )
    ).toMatchObject({ backend: 'cuda-driver', requestedBytes: 2 ** 31 });
  });
});

describe('explainOutOfMemory on a bare word', () => {
  it('should take a message with figures before it', () => {
    const text = `${FULL}\n\n[2025-09-07 06:10:23] Received sigquit from a child process.\nKilled\nroot@host:/# `;
    expect(explainOutOfMemory(text)).toEqual(explainOutOfMemory(FULL));
    expect(explainOutOfMemory(`${CUPY}\nKilled`)?.backend).toBe('cupy');
  });

  it('should take it where there is nothing else, and not for certain', () => {
    const found = explainOutOfMemory('Loading weights\nKilled\n');
    expect(found).toMatchObject({ backend: 'host', confidence: 'low' });
    expect(found?.sentence).toBe(
      "The system ended the process. It does so when the machine's own memory runs out, and for other reasons, too."
    );
  });
});

describe('explainOutOfMemory on a process that is said to have less than it allocated', () => {
  const text = (held: string): string =>
    `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.88 GiB. GPU 3 has a total capacity of 21.96 GiB of which 1.29 GiB is free. Including non-PyTorch memory, this process has ${held} memory in use. Of the allocated memory 19.02 GiB is allocated by PyTorch, and 1.32 GiB is reserved by PyTorch but unallocated.`;

  it.each(['0 bytes', '17179869184.00 GiB', '12.00 GiB', '19.02 GiB'])(
    'should not know what it has where the text says %s',
    held => {
      const found = explainOutOfMemory(text(held));
      expect(found).toMatchObject({ cause: 'simply full', processes: [] });
      expect(found?.sentence).not.toContain('outside');
    }
  );

  it('should know it where it is as much, but for rounding', () => {
    const found = explainOutOfMemory(text('20.34 GiB'));
    expect(found?.processes).toMatchObject([{ pid: null, isSelf: true }]);
  });
});
