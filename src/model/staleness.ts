import {
  MAX_PUSH_INTERVAL_MS,
  PUSH_BACKOFF_SHARE
} from '../core/wire/generated';

/** A busy kernel that has been silent this long beyond its rhythm says too little. */
const SILENCE_MS = 1000;

/**
 * How long, in milliseconds, a kernel may be silent that has been at work on
 * one cell for `cellAgeMs`.
 */
export function longestPauseMs(
  cellAgeMs: number,
  pushIntervalMs: number
): number {
  const backedOffMs = Math.max(pushIntervalMs, cellAgeMs * PUSH_BACKOFF_SHARE);
  return SILENCE_MS + 2 * Math.min(backedOffMs, MAX_PUSH_INTERVAL_MS);
}
