import type { IOomText } from './normalize';
import { normalize } from './normalize';

/** Characters that are looked at at once. */
const CHUNK_LENGTH = 2 ** 20;
/** What chunks have in common, so that no message is cut in two. */
export const OVERLAP_LENGTH = 2 ** 16;

/** A piece of a text, made ready. */
export interface IChunk {
  readonly ready: IOomText;
  /** Where it begins in the whole text. */
  readonly start: number;
}

/** The pieces of `text`, from its end, where the last message usually is. */
export function* chunksOf(text: string): Generator<IChunk> {
  let end = text.length;
  for (;;) {
    const start = Math.max(0, end - CHUNK_LENGTH);
    yield { ready: normalize(text.slice(start, end + OVERLAP_LENGTH)), start };
    if (start === 0) {
      return;
    }
    end = start;
  }
}
