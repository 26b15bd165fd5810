import { ARRAY_SHAPES, XLA_SHAPES } from '../patterns/arrays';
import { DRIVER_SHAPES, LIBRARY_SHAPES } from '../patterns/drivers';
import { ENGINE_SHAPES, GGML_SHAPES } from '../patterns/engines';
import { HOST_LINES, HOST_SHAPES } from '../patterns/host';
import type { IOomText } from '../match/normalize';
import type { ILinePattern, IPattern } from '../match/pattern';
import { COUNT } from '../match/pattern';
import type { IMatch } from '../match/match';
import { lastLine, lastPlace, messageAfter } from '../match/match';
import { figureAt } from '../match/sizes';
import {
  TORCH_LINES,
  TORCH_OTHER_SHAPES,
  TORCH_SHAPES,
  TORCH_TAILS
} from '../patterns/torch';

/** Of shapes that overlap in a text, the one that comes first here counts. */
export const SHAPES: readonly IPattern[] = [
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
/** What must be a line of its own. */
export const LINES: readonly ILinePattern[] = [...TORCH_LINES, ...HOST_LINES];

/** The longest text that one pattern matches after its anchor. */
const MATCH_LENGTH = 700;
/** How far up an error stands that another one wraps. */
const WRAPPED_LENGTH = 30_000;

/**
 * The last message about memory, or null; a bare word counts only where there is no other.
 *
 * One that only reports another error has the figures of that one.
 */
export function recognise(text: IOomText): IMatch | null {
  const sightings = [
    ...SHAPES.map(each => lastOf(each, text)),
    ...LINES.map(each => lastLine(each, text))
  ].filter((each): each is IMatch => each !== null);
  const telling = sightings.filter(({ isBare }) => isBare !== true);
  let found: IMatch | null = null;
  for (const each of telling.length > 0 ? telling : sightings) {
    if (found === null || each.start >= found.end) {
      found = each;
    }
  }
  return found?.wraps === true ? withWrapped(found, sightings) : found;
}

function withWrapped(found: IMatch, sightings: readonly IMatch[]): IMatch {
  const earlier = sightings
    .filter(
      ({ wraps, end, start }) =>
        !wraps && end <= found.start + 1 && start > found.start - WRAPPED_LENGTH
    )
    .sort((one, other) => other.end - one.end);
  const before =
    earlier.find(({ groups }) => groups.requested !== undefined) ?? earlier[0];
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
function lastOf(shape: IPattern, text: IOomText): IMatch | null {
  return lastPlace(text.compact, shape.anchor, at =>
    sightingAt(shape, text, at)
  );
}

function sightingAt(
  shape: IPattern,
  text: IOomText,
  at: number
): IMatch | null {
  const { compact } = text;
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
    const groups = groupsOf(match, matchEnd, text);
    for (const further of shape.more ?? []) {
      const more = [...rest.matchAll(further)][0];
      if (more) {
        const moreEnd = matchEnd + more.index + more[0].length;
        end = Math.max(end, moreEnd);
        Object.assign(groups, { ...groupsOf(more, moreEnd, text), ...groups });
      }
    }
    const message = match[0] + rest;
    const { backend, cause = null, wraps = false, origin } = shape;
    const found = { backend, cause, wraps, start, end, groups, message };
    return origin ? { ...found, origin } : found;
  }
  return null;
}

/** The named groups of a match that ends at `end` of the compact text. */
function groupsOf(
  match: RegExpMatchArray,
  end: number,
  { compact, gaps }: IOomText
): Record<string, string> {
  const groups: Record<string, string> = {};
  for (const [key, value] of Object.entries(match.groups ?? {})) {
    // Groups that took no part in a match are there, but undefined.
    if ((value as string | undefined) === undefined) {
      continue;
    }
    const name = key.replace(COUNT, '');
    const isCount = name !== key || name === 'device';
    // What the pattern goes on behind can't be part of another line.
    groups[name] = match[0].endsWith(value)
      ? figureAt(compact, gaps, { start: end - value.length, end, isCount })
      : value;
  }
  return groups;
}
