import type { IPattern } from '../match/pattern';
import { shape } from '../match/pattern';

/** Loaders and servers of language models. */
export const ENGINE_SHAPES: readonly IPattern[] = [
  shape(
    'bitsandbytes',
    'erroroutofmemoryatline',
    'erroroutofmemoryatline\\d+infile'
  ),
  shape(
    'transformers-dispatch',
    'enoughgpuramtofitthequantizedmodel',
    'enoughgpuramtofitthequantizedmodel',
    { cause: 'simply full' }
  ),
  shape(
    'vllm',
    'availablememoryforthecacheblocks',
    'noavailablememoryforthecacheblocks',
    {
      before: 2,
      cause: 'simply full'
    }
  ),
  shape(
    'vllm',
    'storedinkvcache',
    'islargerthanthemaximumnumberoftokensthatcanbestoredinkvcache',
    {
      before: 60,
      cause: 'simply full'
    }
  ),
  shape('vllm', 'kvcacheisneeded', '{requested}kvcacheisneeded', {
    before: 30,
    more: ['availablekvcachememory\\({free}\\)'],
    cause: 'simply full'
  }),
  shape(
    'vllm',
    'onstartupislessthandesired',
    'freememoryon(?:device)?(?:cuda:#)?\\((?<bare>[\\d.]+)/{capacity}\\)onstartupislessthandesiredgpumemoryutilization\\([\\d.]+,{requested}\\)',
    { before: 60 }
  ),
  shape(
    'vllm',
    'outofmemoryoccurredwhenwarmingup',
    'outofmemoryoccurredwhenwarmingup',
    {
      wraps: true
    }
  )
];

const BUFFER = '(?:bufferofsize{requested:count}|size={requested})';
/** The number of a Vulkan or SYCL device is not that of a CUDA device. */
const DEVICE = '(?:cuda|rocm)#buffer';

/** Ollama, which runs llama.cpp, and llama.cpp by itself. */
export const GGML_SHAPES: readonly IPattern[] = [
  shape(
    'ollama',
    'modelrequiresmoresystemmemory',
    'modelrequiresmoresystemmemory\\({requested}\\)thanisavailable\\({free}\\)',
    { cause: 'not device memory' }
  ),
  shape(
    'ollama',
    'llamarunnerprocess',
    'llamarunnerprocess\\D{0,80}?(?:\\d{1,3}\\D{0,20}?)?(?:cudamallocfailed|outofmemory|unabletoallocate|failedtoallocate|errorloadingmodel:unable)',
    { more: [BUFFER, DEVICE] }
  ),
  shape(
    'llama.cpp',
    'pinnedmemory',
    'failedtoallocate{requested}ofpinnedmemory:outofmemory',
    { before: 40, cause: 'not device memory' }
  ),
  shape(
    'llama.cpp',
    'insufficientmemory(attemptedtoallocate',
    'insufficientmemory\\(attemptedtoallocate{requested}\\)',
    { cause: 'not device memory' }
  ),
  shape(
    'llama.cpp',
    'failedtoallocatecpu',
    'failedtoallocatecpu\\w*bufferofsize{requested:count}',
    {
      cause: 'not device memory'
    }
  ),
  shape(
    'llama.cpp',
    'cpu_buffer_type_alloc_buffer',
    'cpu_buffer_type_alloc_buffer:failedtoallocatebufferofsize{requested:count}',
    { cause: 'not device memory' }
  ),
  // One allocation is limited there, however much is free.
  shape(
    'llama.cpp',
    'exceedsdevicememoryallocationlimit',
    'exceedsdevicememoryallocationlimit[^]{0,160}?failedtoallocatevulkan\\d*bufferofsize{requested:count}',
    { cause: 'not device memory' }
  ),
  shape(
    'llama.cpp',
    'failedtoallocate',
    'failedtoallocate(?:(?:cuda|rocm)#?|(?:vulkan|sycl|metal)\\d*)_?\\w{0,20}?bufferofsize{requested:count}',
    {
      unless: /^\d*_host/
    }
  ),
  shape(
    'llama.cpp',
    'allocating',
    'ggml_\\w{0,60}:allocating{requested}ondevice#:(?:cuda|hip|musa)malloc\\w*failed',
    { before: 80 }
  ),
  shape(
    'llama.cpp',
    'failedtoallocatebuffer',
    'ggml_\\w{0,60}:(?:error:)?failedtoallocatebuffer,size={requested}',
    {
      before: 80
    }
  ),
  shape(
    'llama.cpp',
    'devicememoryallocationofsize',
    'ggml_vulkan:devicememoryallocationofsize{requested:count}failed',
    {
      before: 12
    }
  ),
  shape(
    'llama.cpp',
    'erroroutofdevicememory',
    '(?:ggml|llama)[^]{0,200}?erroroutofdevicememory',
    { before: 210, wraps: true }
  ),
  shape(
    'llama.cpp',
    'memoryondevice',
    "ggml_\\w{0,60}:can't(?:malloc|allocate){requested}(?:of)?memoryondevice",
    { before: 120 }
  ),
  shape(
    'llama.cpp',
    'failedtoallocate',
    'failedtoallocate(?:bufferforkvcache|computebuffers|computepp\\w*)',
    {
      wraps: true
    }
  ),
  shape(
    'llama.cpp',
    'unabletoallocate',
    'unabletoallocate(?:(?:cuda|rocm)#?|(?:vulkan|sycl|metal)\\d*)\\w{0,20}?buffer',
    {
      wraps: true
    }
  ),
  shape(
    'llama.cpp',
    'cudaerror:outofmemory',
    'cudaerror:outofmemory(?:currentdevice:#|(?=[^]{0,200}ggml[-_/]))'
  ),
  shape(
    'llama.cpp',
    'outofmemory',
    'cudaerror2at[^:]{0,200}ggml-cuda[^:]{0,20}:\\d+:outofmemory',
    {
      before: 260
    }
  ),
  shape(
    'llama.cpp',
    'kiogpucommandbuffercallbackerroroutofmemory',
    'ggml_metal[^]{0,300}?kiogpucommandbuffercallbackerroroutofmemory',
    {
      before: 330
    }
  )
];
