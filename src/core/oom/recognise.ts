import { ARRAY_SHAPES, XLA_SHAPES } from './arrays';
import { DRIVER_SHAPES, LIBRARY_SHAPES } from './drivers';
import { ENGINE_SHAPES, GGML_SHAPES } from './engines';
import type { Backend, Cause } from './facts';
import { HOST_LINES, HOST_SHAPES } from './host';
import type { IOomText } from './normalise';
import { compactIndex } from './normalise';
import type { ILineShape, IShape } from './shape';
import { TORCH_LINES, TORCH_OTHER_SHAPES, TORCH_SHAPES, TORCH_TAILS } from './torch';

/** Of shapes that overlap in a text, the one that comes first here counts. */
const SHAPES: readonly IShape[] = [
  ...TORCH_SHAPES,
  ...ENGINE_SHAPES,
  ...GGML_SHAPES,
  ...TORCH_OTHER_SHAPES,
  ...XLA_SHAPES,
  ...ARRAY_SHAPES,
  ...LIBRARY_SHAPES,
  ...DRIVER_SHAPES,
  ...HOST_SHAPES,
  ...TORCH_TAILS
];
const LINES: readonly ILineShape[] = [...TORCH_LINES, ...HOST_LINES];

/** Characters, without spaces, that a message may have after its anchor. */
const MESSAGE_LENGTH = 2500;
/** The longest text that one pattern matches after its anchor. */
const MATCH_LENGTH = 700;
/** How far up an error stands that another one wraps. */
const WRAPPED_LENGTH = 30_000;
/** How many occurrences of one anchor are tried, from the last. */
const MAX_TRIES = 200;
/** What begins another message. */
const NEXT_MESSAGE = /traceback\(mostrecentcalllast\)|outofmemory\.?triedto/g;
/** The most that a logger puts before an error on its line. */
const MAX_PREFIX = 200;
/** A word that a logger, a traceback or a runtime puts before an error. */
const PREFIX_WORD = /^(?:e|info|warn(?:ing)?|error|fatal|[\d:.,/tz+-]+|[|>:*=-]+|.*[:|\]>]|what\(\):|.*(?:error|exception))$/;

/** A shape that was found, by its place in the compact text. */
export interface ISighting {
  readonly backend: Backend;
  readonly cause: Cause | null;
  readonly wraps: boolean;
  readonly start: number;
  readonly end: number;
  /** The named groups of all patterns that matched. */
  readonly groups: Readonly<Record<string, string>>;
  /** From the beginning of the match to the end of the message. */
  readonly message: string;
}

/**
 * The last message about memory, or null.
 *
 * One that only reports another error has the figures of that one.
 */
export function recognise(text: IOomText): ISighting | null {
  const sightings = [
    ...SHAPES.map(each => lastOf(each, text.compact)),
    ...LINES.map(each => lastLine(each, text))
  ].filter((each): each is ISighting => each !== null);
  let found: ISighting | null = null;
  for (const each of sightings) {
    if (found === null || each.start >= found.end) {
      found = each;
    }
  }
  return found?.wraps === true ? withWrapped(found, sightings) : found;
}

function withWrapped(
  found: ISighting,
  sightings: readonly ISighting[]
): ISighting {
  const before = sightings
    .filter(
      ({ wraps, end, start }) =>
        !wraps && end <= found.start + 1 && start > found.start - WRAPPED_LENGTH
    )
    .sort((one, other) => other.end - one.end)[0];
  return before
    ? {
        ...found,
        cause: found.cause ?? before.cause,
        groups: { ...before.groups, ...found.groups },
        message: before.message
      }
    : found;
}

/** The last place at which `shape` is. */
function lastOf(shape: IShape, compact: string): ISighting | null {
  let at = compact.lastIndexOf(shape.anchor);
  for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries += 1) {
    const found = sightingAt(shape, compact, at);
    if (found || at === 0) {
      return found;
    }
    at = compact.lastIndexOf(shape.anchor, at - 1);
  }
  return null;
}

function sightingAt(
  shape: IShape,
  compact: string,
  at: number
): ISighting | null {
  const from = Math.max(0, at - (shape.before ?? 0));
  const window = compact.slice(from, at + MATCH_LENGTH);
  for (const match of window.matchAll(shape.pattern)) {
    const start = from + match.index;
    const matchEnd = start + match[0].length;
    if (start > at) {
      return null;
    }
    if (matchEnd <= at) {
      continue;
    }
    let end = matchEnd;
    const rest = messageAfter(compact, matchEnd);
    if (shape.unless?.test(rest.slice(0, MATCH_LENGTH)) === true) {
      return null;
    }
    const groups = { ...match.groups };
    for (const further of shape.more ?? []) {
      const more = [...rest.matchAll(further)][0];
      if (more) {
        end = Math.max(end, matchEnd + more.index + more[0].length);
        addGroups(groups, more.groups);
      }
    }
    const message = match[0] + rest;
    const { backend, cause = null, wraps = false } = shape;
    return { backend, cause, wraps, start, end, groups, message };
  }
  return null;
}

/** What follows `end`, as far as it can belong to the same message. */
function messageAfter(compact: string, end: number): string {
  const rest = compact.slice(end, end + MESSAGE_LENGTH);
  const next = rest.search(NEXT_MESSAGE);
  return next < 0 ? rest : rest.slice(0, next);
}

function addGroups(
  groups: Record<string, string>,
  more: Record<string, string> | undefined
): void {
  for (const [name, value] of Object.entries(more ?? {})) {
    // Groups that took no part in a match are there, but undefined.
    groups[name] ??= value;
  }
}

/** The last line that is, but for what loggers put before it, the error `shape`. */
function lastLine(shape: ILineShape, text: IOomText): ISighting | null {
  const { plain } = text;
  let at = plain.lastIndexOf(shape.text);
  for (let tries = 0; at >= 0 && tries < MAX_TRIES; tries += 1) {
    const lineStart = plain.lastIndexOf('\n', at) + 1;
    const lineEnd = plain.indexOf('\n', at);
    const end = at + shape.text.length;
    const rest = plain
      .slice(end, lineEnd < 0 ? undefined : Math.min(lineEnd, end + MAX_PREFIX))
      .trimEnd();
    const prefix = plain.slice(lineStart, at);
    const fits =
      shape.alone === true
        ? prefix.trim() === '' && plain.length - end < MAX_PREFIX
        : isPrefix(prefix);
    if (fits && shape.rest.test(rest)) {
      const start = compactIndex(text, at);
      const message = messageAfter(text.compact, start);
      const { backend, cause = null } = shape;
      return {
        backend,
        cause,
        wraps: false,
        start,
        end: start + shape.text.replace(/ /g, '').length,
        groups: {},
        message
      };
    }
    if (at === 0) {
      return null;
    }
    at = plain.lastIndexOf(shape.text, at - 1);
  }
  return null;
}

function isPrefix(prefix: string): boolean {
  if (prefix.length > MAX_PREFIX) {
    return false;
  }
  // The name that the text may be the end of, such as `torch.cuda.OutOfMemory`.
  const words = prefix.replace(/[\w.]+$/, '').split(/\s+/);
  return words.every(word => word === '' || PREFIX_WORD.test(word));
}
