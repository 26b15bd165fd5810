import type { IReading } from '../../wire/generated';
import { deviceOf } from './balance';
import type { Backend, IOomFacts } from '../match/facts';
import { NO_FIGURES } from '../match/facts';
import type { IOomText } from '../match/normalize';
import type { IFound } from '../read/read';
import type { Origin } from '../match/pattern';

/**
 * Errors that say nothing of memory, and that a full card often causes.
 *
 * They count only where the kernel says that its card is full.
 */
export const AMBIGUOUS_ERRORS: readonly (readonly [
  Backend,
  RegExp,
  Origin?
])[] = [
  ['cublas', /cublas_status_not_initialized/g],
  ['cudnn', /cudnn_status_(?:not_initialized|internal_error)/g],
  [
    'cudnn',
    /unabletofindavalidcudnnalgorithm|unabletofindanenginetoexecute/g,
    'torch'
  ]
];

/** A card of which no more than this share is free has no room for a handle. */
const FULL_SHARE = 0.01;

/** The last error in `text` that a full card would explain; null if there is none, or the card is not full. */
export function ambiguousErrorOf(
  { compact }: IOomText,
  reading: IReading | undefined
): IFound | null {
  for (const [backend, pattern, origin] of AMBIGUOUS_ERRORS) {
    const match = [...compact.matchAll(pattern)].pop();
    const facts: IOomFacts = {
      ...NO_FIGURES,
      backend,
      device: null,
      processes: []
    };
    const device = deviceOf(facts, reading);
    const free = device?.freeBytes ?? null;
    if (
      match &&
      free !== null &&
      free <= FULL_SHARE * (device?.totalBytes ?? 0)
    ) {
      const start = match.index;
      const end = start + match[0].length;
      return {
        facts,
        isSuspect: true,
        match: {
          backend,
          cause: 'context or library handle could not be made',
          wraps: false,
          ...(origin && { origin }),
          start,
          end,
          groups: {},
          message: match[0]
        }
      };
    }
  }
  return null;
}
