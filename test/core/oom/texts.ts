/** Errors that are about something else. */
export const NOT_MEMORY = [
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
