import type { IPattern } from '../match/pattern';
import { shape } from '../match/pattern';

const HOST = { cause: 'not device memory' } as const;
const HANDLE = {
  cause: 'context or library handle could not be made'
} as const;

/**
 * What the caller could do without, by the rest of the same message: the next
 * one has a time or a place before it, and so a colon or a bracket.
 */
const NO_FAILURE = /^[^:[\]]{0,70}?notafailure/;

/** TensorFlow's own words, and XLA's, which JAX and TensorFlow share. */
export const XLA_SHAPES: readonly IPattern[] = [
  shape(
    'tensorflow',
    'oomwhenallocatingtensorwithshape',
    'oomwhenallocatingtensorwithshape\\[(?<shape>[\\d,]*)\\]andtype(?<type>\\w+?)on\\S{0,60}?device:gpu:#'
  ),
  shape(
    'tensorflow',
    'oomwhenallocatingtensorwithshape',
    'oomwhenallocatingtensorwithshape\\[(?<shape>[\\d,]*)\\]andtype(?<type>\\w+?)on\\S{0,60}?device:cpu',
    HOST
  ),
  shape(
    'tensorflow',
    'oomwhenallocatingtensorwithshape',
    'oomwhenallocatingtensorwithshape\\[(?<shape>[\\d,]*)\\](?:andtype(?<type>half|float|double|bfloat16|u?int\\d+|complex\\d+|bool))?'
  ),
  shape(
    'tensorflow',
    'onhost:cuda_error_out_of_memory',
    'failedtoalloc(?:ate)?{requested}onhost:cuda_error_out_of_memory',
    { before: 60, ...HOST }
  ),
  shape(
    'tensorflow',
    'fromdevice:',
    'failedtoallocate[\\d.]+[kmgt]?i?b?\\({requested}\\)fromdevice:(?:resource_exhausted:+)?cuda_error_out_of_memory',
    { before: 80 }
  ),
  shape(
    'tensorflow',
    'ranoutofmemorytryingtoallocate',
    'ranoutofmemorytryingtoallocate[\\d.]+[kmgt]?i?b?\\(roundedto{requested}\\)',
    { unless: NO_FAILURE }
  ),
  shape(
    'tensorflow',
    'failedtoallocatememory[op:',
    'failedtoallocatememory\\[op:'
  ),
  shape(
    'tensorflow',
    'dsttensorisnotinitialized',
    ':dsttensorisnotinitialized',
    {
      before: 1,
      cause: 'simply full'
    }
  ),
  shape(
    'jax',
    'failedtoallocaterequestfor',
    'failedtoallocaterequestfor[\\d.]+[kmgt]?i?b?\\({requested}\\)(?:ondeviceordinal#)?'
  ),
  shape(
    'jax',
    'outofmemory',
    'outofmemory(?:whiletryingto|trying(?:to)?)?allocat(?:e|ing){requested}',
    { unless: new RegExp(`^\\((?:allocatedsofar|total)|${NO_FAILURE.source}`) }
  ),
  shape(
    'jax',
    'attemptingto',
    'attemptingto(?:allocate|reserve){requested}[^:]{0,30}?\\.thatwasnotpossible\\.thereare{free}free'
  ),
  shape(
    'jax',
    'ranoutofmemoryinmemoryspace',
    'ranoutofmemoryinmemoryspace\\w+\\.used{requested}of{capacity}(?:hbm|[a-z]mem|sflag)\\.'
  ),
  shape(
    'jax',
    'ranoutofmemorytryingtoinstantiategraph',
    'ranoutofmemorytryingtoinstantiategraph',
    {
      cause: 'CUDA graphs'
    }
  ),
  shape(
    'jax',
    'cuda_error_out_of_memory',
    '(?:resource_exhausted|internal):[^]{0,120}?(?:cubin|module|library)[^]{0,80}?cuda_error_out_of_memory',
    {
      before: 220,
      ...HANDLE
    }
  ),
  shape(
    'jax',
    'cuda_error_out_of_memory',
    'resource_exhausted:[^]{0,120}?cuda_error_out_of_memory',
    {
      before: 150
    }
  )
];

/** ONNX Runtime, CuPy, and AWS Neuron. */
export const ARRAY_SHAPES: readonly IPattern[] = [
  shape(
    'onnxruntime',
    'memoryforrequestedbufferofsize',
    'failedtoallocatememoryforrequestedbufferofsize{requested:count}',
    { before: 20 }
  ),
  shape(
    'onnxruntime',
    'issmallerthanrequestedbytesof',
    'availablememoryof{free:count}issmallerthanrequestedbytesof{requested:count}',
    { before: 60 }
  ),
  shape(
    'onnxruntime',
    'cudafailure2:outofmemory',
    'cudafailure2:outofmemory;gpu=#'
  ),
  shape(
    'cupy',
    'outofmemoryallocating',
    'outofmemoryallocating{requested}\\(allocatedsofar:{allocated}(?:,limitsetto:{allowed})?\\)'
  ),
  shape(
    'cupy',
    'outofmemorytoallocate',
    'outofmemorytoallocate(?:{requested}\\(total[\\d,]+bytes\\)|\\w+bytes\\(total\\w+bytes\\))'
  ),
  shape(
    'neuron',
    'nrtallocationfailedforsize',
    'nrtallocationfailedforsize{requested:count}'
  ),
  shape(
    'neuron',
    'failedtoallocdevicememory',
    'failedtoallocdevicememory:?{requested:count}'
  )
];
