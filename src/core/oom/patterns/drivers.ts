import type { IPattern } from '../match/pattern';
import { shape } from '../match/pattern';

const HANDLE = {
  cause: 'context or library handle could not be made'
} as const;
const HOST = { cause: 'not device memory' } as const;

/** What comes before a status that was returned, and not only spoken of. */
const RETURNED =
  '(?:[:=(\\[]|returned|resultsin|with|hit|error\\d*|failure\\d*)[\'"`]?';

/** Handles of NVIDIA's libraries, and other things that they could not make. */
export const LIBRARY_SHAPES: readonly IPattern[] = [
  shape(
    'cublas',
    'cublas_status_alloc_failed',
    `${RETURNED}cublas_status_alloc_failed|cublas_status_alloc_failed(?:whencalling|;)`,
    { before: 12, ...HANDLE }
  ),
  shape(
    'cudnn',
    'cudnn_status_',
    `${RETURNED}cudnn_status_(?:alloc_failed|internal_error_device_allocation_failed)`,
    { before: 12, ...HANDLE }
  ),
  shape(
    'cudnn',
    'host_allocation_failed',
    'cudnn_status_internal_error_host_allocation_failed',
    {
      before: 30,
      ...HOST
    }
  ),
  shape(
    'cuda-driver',
    '_alloc',
    `${RETURNED}(?:cusolver_status_alloc_failed|cusparse_status_alloc_failed|cufft_alloc_failed|curand_status_allocation_failed)`,
    { before: 40, ...HANDLE }
  )
];

/** Numba, and whatever else speaks CUDA's driver or runtime directly. */
export const DRIVER_SHAPES: readonly IPattern[] = [
  shape(
    'numba',
    'resultsin',
    'calltocu(?:memhost\\w+|memallochost\\w*)resultsin(?:curesult\\.)?cuda_error_out_of_memory',
    { before: 40, ...HOST }
  ),
  shape(
    'numba',
    'resultsin',
    'calltocu(?:ctx|deviceprimaryctx|module|link)\\w*?resultsin(?:curesult\\.)?cuda_error_out_of_memory',
    { before: 40, ...HANDLE }
  ),
  shape(
    'numba',
    'resultsin',
    'calltocu\\w+?resultsin(?:curesult\\.)?cuda_error_out_of_memory',
    {
      before: 40
    }
  ),
  shape(
    'cuda-driver',
    'requestedmemory:',
    'freememory:{free:count}-?requestedmemory:{requested:count}',
    {
      before: 40
    }
  ),
  shape(
    'cuda-driver',
    'maximumpoolsizeexceeded',
    // In the log of a pool it is a try, after which another may have worked.
    '(?<!\\[failure)maximumpoolsizeexceeded(?:\\(failedtoallocate{requested}\\))?',
    { before: 8, cause: 'memory fraction cap' }
  ),
  shape(
    'cuda-driver',
    'failed:outofmemory',
    'cu(?:ctx|deviceprimaryctx|module)\\w*failed:outofmemory',
    { before: 40, ...HANDLE }
  ),
  shape(
    'cuda-driver',
    'failed:outofmemory',
    'cumemhost\\w*failed:outofmemory',
    {
      before: 40,
      ...HOST
    }
  ),
  shape(
    'cuda-driver',
    'failed:outofmemory',
    '(?:cumem\\w*|cudamalloc\\w*)failed:outofmemory',
    { before: 40 }
  ),
  shape('cuda-driver', 'cuda', 'std::bad_alloc:(?:out_of_memory:)?cudaerror', {
    before: 40
  }),
  shape(
    'cuda-driver',
    'cannotallocate',
    'outofmemoryerrorongpu#\\.cannotallocate{requested}(?:gpu)?memory(?:ongpu\\d+)?,(?:{allocated}memoryhasbeenallocatedand)?availablememoryis(?:only)?{free}',
    { before: 40 }
  ),
  shape(
    'cuda-driver',
    'couldnotbeallocated',
    'requestedamountof(?:gpu)?memory\\({requested}\\)couldnotbeallocated',
    { before: 70 }
  ),
  shape(
    'cuda-driver',
    'requestedsizewas',
    'outofmemory\\(requestedsizewas{requested}\\.?\\)',
    {
      before: 15
    }
  ),
  shape(
    'cuda-driver',
    'cudaruntime(outofmemory)',
    'cudaruntime\\(outofmemory\\)'
  ),
  shape(
    'cuda-driver',
    'outofmemory',
    'cuda(?:runtime)?error(?:\\(2\\)|in[\\w:]{0,80}?:2)[:(]outofmemory|error=2:outofmemory',
    { before: 110 }
  ),
  shape('cuda-driver', 'outofmemory', 'cudafailure(?:2:?)?[\'"]?outofmemory', {
    before: 16
  }),
  shape(
    'cuda-driver',
    'cudaerrormemoryallocation',
    `${RETURNED}cudaerrormemoryallocation`,
    {
      before: 12
    }
  ),
  shape(
    'cuda-driver',
    'cuda_error_out_of_memory',
    `${RETURNED}(?:curesult\\.)?cuda_error_out_of_memory`,
    { before: 24 }
  )
];
