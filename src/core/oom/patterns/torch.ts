import type { ILinePattern, IPattern } from '../match/pattern';
import { shape } from '../match/pattern';

/**
 * The figures of PyTorch's message, in any order.
 *
 * First the sentences of 2.1 and later, then the parentheses of 1.0 to 2.0.
 * What 1.3 and older call *cached* is reserved and unused.
 */
const FIGURES = [
  'gpu(?:#)?hasatotalcapaci?tyof{capacity}',
  'ofwhich{free}isfree',
  '{allowed}allowed[;,.)]',
  'memory{allocated}isallocatedby',
  'with{pools}allocatedinprivatepools',
  '{unallocated}isreservedby',
  '\\([a-z]{3,4}#?;{capacity}totalcapacity',
  '{allocated}alreadyallocated',
  '{free}free',
  '{reserved}reservedintotal',
  '{unallocated}cached'
];

/** The caching allocators of PyTorch, and of builds of it for other devices. */
export const TORCH_SHAPES: readonly IPattern[] = (
  ['cuda', 'hip', 'xpu', 'npu'] as const
).map(family =>
  shape(
    family,
    'triedtoallocate',
    `${family}outofmemory\\.?triedtoallocate{requested}`,
    { before: 20, more: FIGURES, origin: 'allocator' }
  )
);

/** The same with its beginning cut off; for what no other shape has claimed. */
export const TORCH_TAILS: readonly IPattern[] = [
  shape(
    'cuda',
    'triedtoallocate',
    'triedtoallocate{requested}(?=\\(gpu\\d*;|\\.gpu\\d*hasatotal)',
    { more: FIGURES, origin: 'allocator' }
  )
];

/** PyTorch over the driver's own allocator (`backend:cudaMallocAsync`), and ways to fail beside the allocator. */
export const TORCH_OTHER_SHAPES: readonly IPattern[] = [
  shape(
    'cuda',
    'wouldexceedallowedmemory',
    'allocationondevice#?wouldexceedallowedmemory',
    {
      before: 30,
      origin: 'torch',
      more: [
        'currentlyallocated:{allocated}',
        'requested:{requested}',
        'devicelimit:{capacity}',
        'accordingtocuda\\):{free}',
        'memoryfraction\\):{allowed}'
      ]
    }
  ),
  shape(
    'cuda',
    'noexecutablebatchsizefound',
    'noexecutablebatchsizefound,reachedzero',
    {
      wraps: true,
      origin: 'torch'
    }
  ),
  // Text Generation Inference and SGLang, which run on PyTorch.
  shape('cuda', 'notenoughmemorytohandle', 'notenoughmemorytohandle\\d', {
    cause: 'simply full'
  }),
  shape(
    'cuda',
    'increase--mem-fraction-static',
    'notenoughmemory\\.pleasetrytoincrease--mem-fraction-static',
    { before: 40, cause: 'simply full' }
  ),
  shape(
    'directml',
    'notenoughgpuvideomemory',
    'couldnotallocatetensorwith{requested}\\.thereisnotenoughgpuvideomemory',
    { before: 90, origin: 'torch' }
  ),
  // A block of 4 GB is the most that some Intel GPUs can give.
  shape(
    'xpu',
    'cannotallocatememoryblockwithsizelargerthan',
    'cannotallocatememoryblockwithsizelargerthan{allowed}!?(?:triedtoallocate{requested})?',
    {
      more: FIGURES.filter(each => !each.startsWith('{allowed}')),
      cause: 'not device memory'
    }
  ),
  shape(
    'xpu',
    '_out_of_device_memory',
    '(?:pi|ur|ze)_(?:result_)?error_out_of_device_memory',
    {
      before: 20
    }
  ),
  shape(
    'xpu',
    '_out_of_host_memory',
    '(?:pi|ur|ze)_(?:result_)?error_out_of_host_memory',
    {
      before: 20,
      cause: 'not device memory'
    }
  ),
  shape(
    'xpu',
    'error_out_of_resources',
    '(?:-5\\(pi_|40\\(ur_result_)error_out_of_resources',
    {
      before: 20
    }
  ),
  shape('mps', 'mpsbackendoutofmemory', 'mpsbackendoutofmemory', {
    origin: 'torch',
    more: [
      'mpsallocated:{allocated}',
      'otherallocations:{other}',
      'maxallowed:{allowed}',
      'triedtoallocate{requested}'
    ]
  }),
  shape('mps', 'invalidbuffersize:', 'error:invalidbuffersize:{requested}', {
    before: 10,
    origin: 'torch',
    cause: 'not device memory'
  }),
  shape('mps', 'totalbytesofndarray>2**32', 'totalbytesofndarray>2\\*\\*32', {
    cause: 'not device memory'
  }),
  shape(
    'mps',
    '[metal::malloc]attemptingtoallocate',
    '\\[metal::malloc\\]attemptingtoallocate{requested}whichisgreaterthanthemaximumallowedbuffersizeof{allowed}',
    { cause: 'not device memory' }
  ),
  shape(
    'mps',
    'kiogpucommandbuffercallbackerroroutofmemory',
    'kiogpucommandbuffercallbackerroroutofmemory'
  ),
  shape('hip', 'hiperroroutofmemory', '[:(=]hiperroroutofmemory', {
    before: 1
  }),
  shape(
    'hip',
    '_alloc_failed',
    'hip(?:blas|sparse|fft|solver)\\w*_alloc_failed',
    { before: 20, cause: 'context or library handle could not be made' }
  ),
  shape(
    'hip',
    'rocblas_status_memory_error',
    '[:=(]rocblas_status_memory_error',
    {
      before: 1,
      cause: 'context or library handle could not be made'
    }
  )
];

/** What the rest of a line may be, so that it is an error and not a sentence about one. */
const END = /^(?:$|[.!;,"'()\]}\\]|\s(?:at|in|on|when calling|while) ?\S)/;

/** PyTorch's messages without any figure. */
export const TORCH_LINES: readonly ILinePattern[] = [
  {
    backend: 'cuda',
    origin: 'torch',
    text: 'error: cuda out of memory',
    rest: END
  },
  {
    backend: 'hip',
    origin: 'torch',
    text: 'error: hip out of memory',
    rest: END
  },
  {
    backend: 'xpu',
    origin: 'torch',
    text: 'error: xpu out of memory',
    rest: END
  },
  {
    backend: 'cuda',
    origin: 'torch',
    text: 'outofmemoryerror: allocation on device',
    rest: /^ ?\d*\s*(?:$|[.(])/
  },
  {
    backend: 'hip',
    origin: 'torch',
    text: 'hip error: out of memory',
    rest: END
  },
  {
    backend: 'cuda-driver',
    origin: 'torch',
    text: 'cuda error: out of memory',
    rest: END
  },
  {
    backend: 'cuda-driver',
    origin: 'torch',
    text: 'cuda driver error: out of memory',
    rest: END
  },
  {
    backend: 'cuda-driver',
    text: 'cuda runtime error: out of memory',
    rest: END
  },
  {
    backend: 'cuda-driver',
    text: 'cuda failed with error out of memory',
    rest: END
  }
];
