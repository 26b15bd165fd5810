import type { Backend, Cause } from './facts';
import type { IOomText } from './normalize';
import { compactIndex, LINE_END } from './normalize';
import type { ILinePattern, Origin } from './pattern';

/** Characters, without spaces, that a message may have after its anchor. */
const MESSAGE_LENGTH = 2500;
/** How many occurrences of one anchor are tried, from the last. */
const MAX_TRIES = 200;
/** What begins another message. */
const NEXT_MESSAGE = /traceback\(mostrecentcalllast\)|outofmemory\.?triedto/g;
/** The most that a logger puts before an error on its line. */
const MAX_PREFIX = 200;
/** A word that a logger, a traceback or a runtime puts before an error. */
const PREFIX_WORD =
  /^(?:e|info|warn(?:ing)?|error|fatal|[\d:.,/tz+-]+|["'`|>:*=-]+|.*[:|\]>]|[{["'].*,|what\(\):|.*(?:error|exception))$/;

/** A shape that was found, by its place in the compact text. */
export interface IMatch {
  readonly backend: Backend;
  readonly cause: Cause | null;
  readonly wraps: boolean;
  readonly origin?: Origin;
  /** So common a word that anything else in the text tells more. */
  readonly isBare?: boolean;
  readonly start: number;
  readonly end: number;
  /** The named groups of all patterns that matched. */
  readonly groups: Readonly<Record<string, string>>;
  /** From the beginning of the match to the end of the message. */
  readonly message: string;
}

/** What `look` makes of the last occurrence of `words` of which it makes anything. */
export function lastPlace<T>(
  text: string,
  words: string,
  look: (at: number) => T | null
): T | null {
  // Forwards it is several times as fast, and most often there is none.
  let at = text.includes(words) ? text.lastIndexOf(words) : -1;
  for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries += 1) {
    const found = look(at);
    if (found !== null || at === 0) {
      return found;
    }
    at = text.lastIndexOf(words, at - 1);
  }
  return null;
}

/** What follows `end`, as far as it can belong to the same message. */
export function messageAfter(compact: string, end: number): string {
  const rest = compact.slice(end, end + MESSAGE_LENGTH);
  const next = rest.search(NEXT_MESSAGE);
  return next < 0 ? rest : rest.slice(0, next);
}

/** The last line that is, but for what loggers put before it, the error `shape`. */
export function lastLine(shape: ILinePattern, text: IOomText): IMatch | null {
  return lastPlace(text.plain, shape.text, at => {
    const end = at + shape.text.length;
    if (!isLine(shape, text.plain, at, end)) {
      return null;
    }
    const start = compactIndex(text, at);
    return {
      backend: shape.backend,
      cause: shape.cause ?? null,
      wraps: false,
      isBare: shape.alone === true,
      ...(shape.origin && { origin: shape.origin }),
      start,
      end: start + shape.text.replace(/ /g, '').length,
      groups: {},
      message: messageAfter(text.compact, start)
    };
  });
}

function isLine(
  shape: ILinePattern,
  plain: string,
  at: number,
  end: number
): boolean {
  // Bounded: a line can be as long as the text.
  const before = plain.slice(Math.max(0, at - MAX_PREFIX), at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const prefix = before.slice(lineStart);
  const rest = plain.slice(end, end + MAX_PREFIX).split(LINE_END)[0] ?? '';
  if (!shape.rest.test(rest.trimEnd())) {
    return false;
  }
  if (shape.alone === true) {
    return prefix.trim() === '' && plain.length - end < MAX_PREFIX;
  }
  const isLong = lineStart === 0 && before.length === MAX_PREFIX;
  return !isLong && isPrefix(prefix) && shape.lead?.test(prefix) !== false;
}

function isPrefix(prefix: string): boolean {
  // The name that the text may be the end of, such as `torch.cuda.OutOfMemory`.
  const words = prefix.replace(/[\w.]+$/, '').split(/\s+/);
  return words.every(word => word === '' || PREFIX_WORD.test(word));
}
