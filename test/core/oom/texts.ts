import { GIB, MIB } from '../../../src/core/text/units';

/** Errors that are about something else. */
export const NOT_MEMORY = [
  'ggml_cuda_host_malloc: failed to allocate 1900,00 MiB of pinned memory: invalid argument',
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

/** Words about memory that are no error. */
export const PROSE = [
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

/** Memory of the machine itself. */
export const HOST = [
  'OSError: [WinError 1455] The paging file is too small for this operation to complete. Error loading "C:\\Users\\me\\lib\\site-packages\\torch\\lib\\shm.dll" or one of its dependencies.',
  'OSError: [WinError 1455] 页面文件太小，无法完成操作。 Error loading "D:\\lib\\cudnn_cnn_infer64_8.dll" or one of its dependencies.',
  'slurmstepd: error: Detected 1 oom-kill event(s) in step 12.batch cgroup.',
  'ERROR: Unexpected bus error encountered in worker. This might be caused by insufficient shared memory (shm).',
  'RuntimeError: std::bad_alloc',
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

/** Ways in which programs say it, and whose they are. */
export const MET = [
  ['cuda-driver', 'RMM failure at: pool.hpp:196: Maximum pool size exceeded'],
  ['hip', 'torch.OutOfMemoryError: HIP out of memory.'],
  ['xpu', 'torch.OutOfMemoryError: XPU out of memory.'],
  ['hip', 'RuntimeError: hipMalloc: hipErrorOutOfMemory'],
  [
    'hip',
    'RuntimeError: HIP error: rocblas_status_memory_error when calling `rocblas_create_handle(handle)`'
  ],
  ['cuda-driver', 'RuntimeError: CUDA runtime error: out of memory'],
  ['cuda-driver', '[TRT] Error Code 1: Cuda Runtime (out of memory)'],
  ['cuda', 'RuntimeError: No executable batch size found, reached zero.'],
  [
    'cupy',
    'cupy_backends.cuda.api.runtime.CUDARuntimeError: cudaErrorMemoryAllocation: out of memory'
  ],
  [
    'onnxruntime',
    '[E:onnxruntime:, sequential_executor.cc:346 Execute] CUDA error cudaErrorMemoryAllocation:out of memory'
  ],
  [
    'tensorflow',
    'tensorflow.python.framework.errors_impl.InternalError: Dst tensor is not initialized.'
  ],
  [
    'jax',
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: CUDA driver ran out of memory trying to instantiate graph with 3200 nodes'
  ],
  [
    'jax',
    'jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: : CUDA_ERROR_OUT_OF_MEMORY: out of memory'
  ],
  [
    'jax',
    'external/xla/xla/stream_executor/cuda/cuda_driver.cc:1193] failed to allocate 8.00GiB (8589934592 bytes) from device: RESOURCE_EXHAUSTED: : CUDA_ERROR_OUT_OF_MEMORY: out of memory'
  ],
  [
    'tensorflow',
    'external/local_xla/xla/stream_executor/cuda/cuda_driver.cc:1193] failed to allocate 8.00GiB (8589934592 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory'
  ],
  [
    'llama.cpp',
    'ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory'
  ],
  ['llama.cpp', 'llama_kv_cache_init: failed to allocate buffer for kv cache'],
  [
    'llama.cpp',
    'llama_model_load: error loading model: unable to allocate Vulkan0 buffer'
  ],
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
  ],
  [
    'vllm',
    "ValueError: The model's max seq len (32768) is larger than the maximum number of tokens that can be stored in KV cache (29312)."
  ]
] as const;

/** Errors that only a full card makes errors about memory. */
export const SUSPECTED = [
  [
    'cublas',
    'RuntimeError: CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`'
  ],
  ['cudnn', 'RuntimeError: cuDNN error: CUDNN_STATUS_NOT_INITIALIZED'],
  ['cudnn', 'RuntimeError: cuDNN error: CUDNN_STATUS_INTERNAL_ERROR'],
  [
    'cudnn',
    'RuntimeError: Unable to find a valid cuDNN algorithm to run convolution'
  ],
  [
    'cudnn',
    'RuntimeError: GET was unable to find an engine to execute this computation'
  ]
] as const;

/** Figures and causes that the published texts don't have. */
export const FIGURES: readonly (readonly [
  text: string,
  wanted: Readonly<Record<string, unknown>>
])[] = [
  [
    'CUDA out of memory. Tried to allocate 20.00 MiB',
    { requestedBytes: 20 * MIB }
  ],
  [
    'Tried to allocate 20.00 MiB (GPU 0; 8.00 GiB total capacity; 7.00 GiB already allocated)',
    { backend: 'cuda', device: 'cuda:0', capacityBytes: 8 * GIB }
  ],
  [
    'Tried to allocate 1.00 GiB. GPU 1 has a total capacity of 80.00 GiB of which 2.00 GiB is free.',
    { backend: 'cuda', device: 'cuda:1', freeBytes: 2 * GIB }
  ],
  [
    'ggml_cuda_host_malloc: failed to allocate 128.00 MiB of pinned memory: out of memory',
    { cause: 'not device memory', requestedBytes: 128 * MIB }
  ],
  [
    // Where the locale writes a comma before the fraction.
    'ggml_cuda_host_malloc: failed to allocate 1900,00 MiB of pinned memory: out of memory',
    { cause: 'not device memory', requestedBytes: 1900 * MIB }
  ],
  [
    'ggml_aligned_malloc: insufficient memory (attempted to allocate 1024.00 MB)',
    { cause: 'not device memory', requestedBytes: GIB }
  ],
  [
    'ggml_gallocr_reserve_n: failed to allocate CPU buffer of size 4757131264',
    { cause: 'not device memory', requestedBytes: 4757131264 }
  ],
  [
    'ggml_backend_cpu_buffer_type_alloc_buffer: failed to allocate buffer of size 4757131264',
    { cause: 'not device memory', requestedBytes: 4757131264 }
  ],
  [
    'ggml_backend_metal_buffer_type_alloc_buffer: error: failed to allocate buffer, size = 1024.00 MiB',
    { backend: 'llama.cpp', requestedBytes: GIB }
  ],
  [
    "ggml_backend_sycl_buffer_type_alloc_buffer: can't allocate 3503030272 Bytes of memory on device",
    { backend: 'llama.cpp', requestedBytes: 3503030272 }
  ],
  ...['', '\ngraph_reserve: failed to allocate compute buffers'].map(
    after =>
      [
        `ggml_vulkan: Requested buffer size exceeds device memory allocation limit: ErrorOutOfDeviceMemory\nggml_gallocr_reserve_n: failed to allocate Vulkan0 buffer of size 4757131264${after}`,
        { cause: 'not device memory', requestedBytes: 4757131264 }
      ] as const
  ),
  [
    'ggml_gallocr_reserve_n: failed to allocate Vulkan1 buffer of size 4757131264',
    { backend: 'llama.cpp', device: null, requestedBytes: 4757131264 }
  ],
  [
    'llama_model_load: error loading model: unable to allocate CUDA1 buffer',
    { backend: 'llama.cpp', device: 'cuda:1' }
  ],
  [
    'level_zero backend failed with error: 38 (UR_RESULT_ERROR_OUT_OF_HOST_MEMORY)',
    { backend: 'xpu', cause: 'not device memory' }
  ],
  [
    "MPSNDArray.mm:788: failed assertion `[MPSNDArray initWithDevice:descriptor:] Error: total bytes of NDArray > 2**32'",
    { backend: 'mps', cause: 'not device memory' }
  ],
  [
    '[metal::malloc] Attempting to allocate 19327352832 bytes which is greater than the maximum allowed buffer size of 8589934592 bytes.',
    { backend: 'mps', requestedBytes: 18 * GIB, allowedBytes: 8 * GIB }
  ],
  [
    'OOM when allocating tensor with shape[1000,1000] and type float on /job:localhost/replica:0/task:0/device:CPU:0 by allocator cpu',
    { cause: 'not device memory', requestedBytes: 4_000_000 }
  ],
  [
    'Allocator (GPU_0_bfc) ran out of memory trying to allocate 2.20GiB (rounded to 2362232064)requested by op Add',
    { backend: 'tensorflow', requestedBytes: 2362232064 }
  ],
  [
    'RESOURCE_EXHAUSTED: CUDA driver ran out of memory trying to instantiate graph with 3200 nodes',
    { cause: 'CUDA graphs' }
  ],
  [
    'BFCArena: Available memory of 1234567 is smaller than requested bytes of 7654321',
    { backend: 'onnxruntime', freeBytes: 1234567, requestedBytes: 7654321 }
  ],
  [
    'CUDA failure 2: out of memory ; GPU=1 ; hostname=a ; expr=cudaMalloc((void**)&p, size);',
    { backend: 'onnxruntime', device: 'cuda:1' }
  ],
  [
    'ERROR  TDRV:dmem_alloc Failed to alloc DEVICE memory: 16777216',
    { backend: 'neuron', requestedBytes: 16777216 }
  ],
  [
    'cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED',
    { backend: 'cudnn', cause: 'not device memory' }
  ],
  [
    'CudaAPIError: [2] Call to cuMemHostAlloc results in CUDA_ERROR_OUT_OF_MEMORY',
    { backend: 'numba', cause: 'not device memory' }
  ],
  [
    'CudaAPIError: [2] Call to cuDevicePrimaryCtxRetain results in CUDA_ERROR_OUT_OF_MEMORY',
    {
      backend: 'numba',
      cause: 'context or library handle could not be made'
    }
  ],
  [
    'bad_alloc: cudaErrorMemoryAllocation: out of memory\n- Free memory: 1234567\n- Requested memory: 5678901',
    { freeBytes: 1234567, requestedBytes: 5678901 }
  ],
  [
    'pycuda._driver.MemoryError: cuMemHostAlloc failed: out of memory',
    { backend: 'cuda-driver', cause: 'not device memory' }
  ],
  [
    'tensorflow: Dst tensor is not initialized. InternalError: Dst tensor is not initialized.',
    { cause: 'simply full' }
  ],
  [
    'Traceback (most recent call last):\n  File "a.py", line 3, in load\n    x = torch.empty(9).pin_memory()\nRuntimeError: CUDA error: out of memory',
    { cause: 'not device memory' }
  ],
  [
    'Traceback (most recent call last):\n  File "cuda/__init__.py", line 319, in _lazy_init\n    torch._C._cuda_init()\nRuntimeError: CUDA error: out of memory',
    { cause: 'context or library handle could not be made' }
  ],
  [
    'llama runner process has terminated: error: failed to allocate CUDA1 buffer of size 838447104',
    { backend: 'ollama', device: 'cuda:1', requestedBytes: 838447104 }
  ],
  [
    'ggml_backend_cuda_buffer_type_alloc_buffer: allocating 800.00 MiB on device 1: cudaMalloc failed: out of memory\nggml_gallocr_reserve_n: failed to allocate CUDA1 buffer of size 838447104',
    { backend: 'llama.cpp', device: 'cuda:1', requestedBytes: 838447104 }
  ],
  [
    'Allocation on device 0 would exceed allowed memory. (out of memory)\nCurrently allocated     : 6.00 GiB\nRequested               : 1.00 GiB\nDevice limit            : 80.00 GiB\nFree (according to CUDA): 70.00 GiB\nPyTorch limit (set by user-supplied memory fraction)\n                        : 7.00 GiB',
    { allowedBytes: 7 * GIB, cause: 'memory fraction cap' }
  ],
  ...(
    [
      ['half', 2],
      ['bfloat16', 2],
      ['float', 4],
      ['double', 8],
      ['bool', 1],
      ['complex64', 8],
      ['complex128', 16],
      ['int32', 4],
      ['uint8', 1]
    ] as const
  ).map(
    ([type, bytes]) =>
      [
        `OOM when allocating tensor with shape[10,100] and type ${type} on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc`,
        { requestedBytes: 1000 * bytes, device: 'cuda:0' }
      ] as const
  ),
  ...(['CUDA', 'HIP', 'XPU', 'NPU'] as const).flatMap(family =>
    torchFigures(
      `${family} out of memory. Tried to allocate 1.00 GiB`,
      `${family === 'XPU' || family === 'NPU' ? family.toLowerCase() : 'cuda'}:1`
    )
  ),
  ...torchFigures(
    'Current platform can NOT allocate memory block with size larger than 4GB! Tried to allocate 1.00 GiB',
    'xpu:1',
    4 * GIB
  ),
  ...torchFigures('Tried to allocate 1.00 GiB', 'cuda:1')
];

/** Every figure that PyTorch's message can have, in the sentences of 2.1 and later and in parentheses. */
function torchFigures(
  begun: string,
  device: string,
  allowedBytes = 70 * GIB
): (readonly [string, Readonly<Record<string, unknown>>])[] {
  const figures = {
    device,
    requestedBytes: GIB,
    capacityBytes: 80 * GIB,
    freeBytes: 2 * GIB,
    allocatedBytes: 60 * GIB
  };
  const parenthesis = `${begun} (GPU 1; 80.00 GiB total capacity; 60.00 GiB already allocated; 2.00 GiB free;`;
  return [
    [
      `${begun}. GPU 1 has a total capacity of 80.00 GiB of which 2.00 GiB is free. 70.00 GiB allowed; Of the allocated memory 60.00 GiB is allocated by PyTorch, with 5.00 GiB allocated in private pools (e.g., CUDA Graphs), and 3.00 GiB is reserved by PyTorch but unallocated.`,
      {
        ...figures,
        allowedBytes,
        privatePoolBytes: 5 * GIB,
        unallocatedBytes: 3 * GIB
      }
    ],
    [
      `${parenthesis} 63.00 GiB reserved in total by PyTorch)`,
      { ...figures, reservedBytes: 63 * GIB }
    ],
    [
      `${parenthesis} 3.00 GiB cached)`,
      { ...figures, unallocatedBytes: 3 * GIB }
    ]
  ];
}
