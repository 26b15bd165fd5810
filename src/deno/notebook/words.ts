import { english } from '../../core/text/translation';
import { formatAge, formatBytes } from '../../core/text/units';
import type { IProblem } from '../server/errors';
import type { INotebook, INotebookReading } from '../server/rows';

const DAY_MS = 86_400_000;

/** What a kernel does, or why that is unknown; one that is in order as the server calls it. */
export function stateWords(
  { state }: INotebook,
  problem: IProblem | null
): string {
  switch (problem?.code) {
    case undefined:
      return state;
    case 'would-drop-output':
      return `${state}, no client connected`;
    case 'busy':
      return 'busy';
    default:
      return problemWords(problem);
  }
}

/** What is wrong with a kernel, and since when; for a line of a list. */
export function problemWords(problem: IProblem | null): string {
  if (problem === null) {
    return '';
  }
  const since = `since ${clockWords(problem.sinceMs)}`;
  switch (problem.code) {
    case 'no-answer':
      return `no answer ${since}`;
    case 'kernel-gone':
      return `gone ${since}`;
    case 'restarted':
      return `restarted at ${clockWords(problem.sinceMs)}`;
    case 'would-drop-output':
      return `not asked ${since}: no client is connected`;
    case 'unreachable':
      return `server away ${since}`;
    default:
      return `${problem.code} ${since}`;
  }
}

/** A kernel's own figure; one of the past says how old it is. */
export function figureWords(
  bytes: number | null,
  { problem, ageMs }: INotebookReading
): string {
  return problem === null || bytes === null
    ? formatBytes(bytes)
    : datedWords(bytes, ageMs);
}

/** A figure, and how old it is; null where it is of now. */
export function datedWords(bytes: number | null, ageMs: number | null): string {
  return bytes === null || ageMs === null
    ? formatBytes(bytes)
    : `${formatBytes(bytes)} (${formatAge(ageMs, english)})`;
}

/** The time of day here, with the date where it is not of the last day. */
export function clockWords(timeMs: number): string {
  const time = new Date(timeMs);
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map(part => String(part).padStart(2, '0'))
    .join(':');
  return Date.now() - timeMs < DAY_MS
    ? clock
    : `${time.toDateString()}, ${clock}`;
}
