import { OOM_MENTIONS } from '../../wire/generated';
import { chunksOf } from './chunks';

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
  return OOM_MENTIONS.some(word => compact.includes(word));
}
