import { chunksOf } from './chunks';

/** Every message that is explained has one of these words, without spaces; most errors have none. */
export const MENTIONS = [
  'memory',
  'alloc',
  'oom',
  'killed',
  'gpuram',
  'kvcache',
  'batchsizefound',
  'out_of_resources',
  'buffersize',
  'ndarray',
  'dsttensor',
  'poolsize',
  'error1455',
  'cublas_status',
  'cudnn_status',
  'cudnnalgorithm',
  'findanengine'
];

/**
 * Whether `text` may be an out-of-memory error, by its words alone.
 *
 * What it says no to is none; it needs none of the tables that say what an
 * error is, and so none of what is loaded with them.
 */
export function mayBeOutOfMemory(text: string): boolean {
  for (const { ready } of chunksOf(text)) {
    if (mentions(ready.compact)) {
      return true;
    }
  }
  return false;
}

/** Whether a text without spaces has one of the words. */
export function mentions(compact: string): boolean {
  return MENTIONS.some(word => compact.includes(word));
}
