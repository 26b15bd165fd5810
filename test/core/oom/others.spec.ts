// @vitest-environment node
import { describe, expect, it } from 'vitest';

import { explainOutOfMemory } from '../../../src/core/oom';
import rows from '../../fixtures/oom.json';
import { Random } from '../random';
import { messageOf } from './kernel';
import { sentences } from './layouts';

const NOT_MEMORY = [
  'RuntimeError: CUDA error: an illegal memory access was encountered\nCUDA kernel errors might be asynchronously reported at some other API call',
  'RuntimeError: CUDA error: unspecified launch failure',
  'RuntimeError: CUDA error: device-side assert triggered',
  'RuntimeError: CUDA error: no kernel image is available for execution on the device',
  'RuntimeError: CUDA error: invalid device ordinal',
  'RuntimeError: CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm( handle, opa, opb, m, n, k, &alpha, a, lda, b, ldb, &beta, c, ldc)`',
  'RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`',
  'RuntimeError: cuDNN error: CUDNN_STATUS_EXECUTION_FAILED',
  'numba.cuda.cudadrv.driver.CudaAPIError: [700] Call to cuMemcpyDtoH results in UNKNOWN_CUDA_ERROR',
  'numba.cuda.cudadrv.driver.CudaAPIError: [1] Call to cuMemAlloc results in CUDA_ERROR_INVALID_VALUE',
  'triton.runtime.errors.OutOfResources: out of resource: shared memory, Required: 131072, Hardware limit: 101376. Reducing block sizes or `num_stages` may help.',
  'RuntimeError: CUDA error: too many resources requested for launch',
  'google.api_core.exceptions.ResourceExhausted: 429 RESOURCE_EXHAUSTED: Quota exceeded for metric',
  'OSError: [Errno 28] No space left on device',
  "NameError: name 'OutOfMemoryError' is not defined",
  '2024-01-01 00:00:00: W tensorflow/core/common_runtime/bfc_allocator.cc:219] Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.20GiB with freed_by_count=0. The caller indicates that this is not a failure, but this may mean that there could be performance gains if more memory were available.',
  'Error an illegal memory access was encountered at line 90 in file /src/csrc/ops.cu',
  'Error named symbol not found at line 90 in file csrc/ops.cu',
  'KeyError: 3',
  'Segmentation fault (core dumped)'
];

const PROSE = [
  'How do I avoid CUDA out of memory errors?',
  'I keep getting CUDA out of memory when training my model. Any ideas?',
  'torch.cuda.OutOfMemoryError: CUDA out of memory when running inference on a T4',
  'If you see "RuntimeError: CUDA out of memory", reduce the batch size.',
  '`CUDA error: out of memory` is raised asynchronously.',
  'try:\n    step()\nexcept torch.cuda.OutOfMemoryError:\n    torch.cuda.empty_cache()',
  'except torch.OutOfMemoryError as error:\n    if "CUDA out of memory" in str(error):\n        retry()',
  'raise MemoryError',
  'The cuMemAlloc call returns CUDA_ERROR_OUT_OF_MEMORY, if there is too little.'.replace(
    'returns ',
    'may give '
  ),
  'Out of memory? Read this guide first. Killed processes are listed below.',
  'The process was Killed\nand then we went on.',
  'RESOURCE_EXHAUSTED is the status that JAX uses when it is out of memory.',
  'CUBLAS_STATUS_ALLOC_FAILED usually means that the card is full.',
  'Set PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.',
  ''
];

const HOST = [
  '[12345.678] Out of memory: Killed process 4242 (python3) total-vm:51234560kB, anon-rss:31234560kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:61234kB oom_score_adj:0',
  'Memory cgroup out of memory: Killed process 99 (python)',
  'python3 invoked oom-killer: gfp_mask=0x100cca(GFP_HIGHUSER_MOVABLE), order=0, oom_score_adj=0',
  'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/',
  'slurmstepd: error: Detected 1 oom_kill event in StepId=1.0. Some of the step tasks have been OOM Killed.',
  'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x = [0] * 10**12\nMemoryError',
  'MemoryError: Unable to allocate 7.45 GiB for an array with shape (1000000000,) and data type float64',
  "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)",
  'RuntimeError: DataLoader worker (pid 1234) is killed by signal: Killed. ',
  'RuntimeError: DataLoader worker (pid(s) 12, 13) exited unexpectedly\nOSError: [Errno 12] Cannot allocate memory',
  'OSError: The paging file is too small for this operation to complete. (os error 1455)',
  '"lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}',
  'ray.exceptions.OutOfMemoryError: Task was killed due to the node running low on memory.'
];

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

const MET = [
  [
    'tensorflow',
    'tensorflow.python.framework.errors_impl.ResourceExhaustedError: {{function_node __wrapped__Mul_device_/job:localhost/replica:0/task:0/device:GPU:0}} failed to allocate memory [Op:Mul]'
  ],
  [
    'directml',
    'RuntimeError: Could not allocate tensor with 471859200 bytes. There is not enough GPU video memory available!'
  ],
  [
    'cuda',
    'RuntimeError: Not enough memory to handle 4096 prefill tokens. You need to decrease `--max-batch-prefill-tokens`'
  ],
  [
    'cuda',
    'RuntimeError: Not enough memory. Please try to increase --mem-fraction-static.'
  ],
  [
    'cuda-driver',
    'pycuda._driver.MemoryError: cuMemAlloc failed: out of memory'
  ],
  [
    'cuda-driver',
    'pycuda._driver.LogicError: cuCtxCreate failed: out of memory'
  ],
  [
    'cuda-driver',
    'mxnet.base.MXNetError: [10:00:00] src/storage/./pooled_storage_manager.h:161: cudaMalloc retry failed: out of memory'
  ],
  ['cuda-driver', 'RuntimeError: cuFFT error: CUFFT_ALLOC_FAILED'],
  [
    'cuda-driver',
    'RuntimeError: cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`'
  ],
  [
    'cuda-driver',
    "torch.distributed.DistBackendError: NCCL error in: ../torch/csrc/distributed/c10d/NCCLUtils.hpp:219, unhandled cuda error, NCCL version 2.18.6\nncclUnhandledCudaError: Call to CUDA function failed.\nLast error:\nCuda failure 'out of memory'"
  ],
  [
    'cuda-driver',
    'xgboost.core.XGBoostError: Memory allocation error on worker 0: bad_alloc: cudaErrorMemoryAllocation: out of memory\n- Free memory: 1234567\n- Requested memory: 5678901'
  ],
  [
    'cuda-driver',
    '[cuda_driver.h:operator()@92] CUDA Error CUDA_ERROR_OUT_OF_MEMORY: out of memory while calling mem_alloc (cuMemAlloc_v2)'
  ],
  [
    'cuda-driver',
    '{"ename": "RuntimeError", "evalue": "CUDA error: out of memory\\nCUDA kernel errors might be"}'
  ],
  ['cuda-driver', 'RuntimeError: CUDA driver error: out of memory'],
  ['cuda-driver', 'RuntimeError: CUDA failed with error out of memory'],
  [
    'cuda',
    "terminate called after throwing an instance of 'c10::OutOfMemoryError'\n  what():  CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity"
  ],
  ['cuda', 'torch.cuda.OutOfMemoryError: CUDA out of memory.'],
  [
    'cuda',
    'torch.OutOfMemoryError: Allocation on device \nThis error means you ran out of memory on your GPU.'
  ],
  [
    'xpu',
    'RuntimeError: Native API failed. Native API returns: -5 (PI_ERROR_OUT_OF_RESOURCES) -5 (PI_ERROR_OUT_OF_RESOURCES)'
  ],
  [
    'xpu',
    'RuntimeError: level_zero backend failed with error: 39 (UR_RESULT_ERROR_OUT_OF_DEVICE_MEMORY)'
  ],
  ['mps', 'RuntimeError: Invalid buffer size: 38.86 GB'],
  [
    'mps',
    'libc++abi: terminating due to uncaught exception of type std::runtime_error: [METAL] Command buffer execution failed: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)'
  ],
  [
    'llama.cpp',
    'ggml_metal_graph_compute: command buffer 0 failed with status 5\nerror: Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)'
  ],
  [
    'llama.cpp',
    'CUDA error: out of memory\n  current device: 0, in function alloc at ggml/src/ggml-cuda/ggml-cuda.cu:435\n  cuMemCreate(&handle, reserve_size, &prop, 0)'
  ],
  [
    'vllm',
    'RuntimeError: CUDA out of memory occurred when warming up sampler with 256 dummy requests. Please try lowering `max_num_seqs` or `gpu_memory_utilization` when initializing the engine.'
  ],
  [
    'jax',
    'jaxlib.xla_extension.XlaRuntimeError: INTERNAL: Failed to load in-memory CUBIN: CUDA_ERROR_OUT_OF_MEMORY: out of memory'
  ],
  [
    'hip',
    'RuntimeError: HIP error: out of memory\nHIP kernel errors might be asynchronously reported'
  ],
  [
    'hip',
    'RuntimeError: CUDA error: HIPBLAS_STATUS_ALLOC_FAILED when calling `hipblasCreate(handle)`'
  ],
  ['cudnn', 'RuntimeError: cuDNN error: CUDNN_STATUS_ALLOC_FAILED'],
  [
    'ollama',
    'Error: model requires more system memory (19.6 GiB) than is available (6.5 GiB)'
  ],
  [
    'onnxruntime',
    'onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException: CUDA failure 2: out of memory ; GPU=0 ; hostname=a ; expr=cudaMalloc((void**)&p, size);'
  ]
] as const;

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
    expect(found?.sentence).toContain('memory of the machine itself');
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
