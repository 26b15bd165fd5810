/** A busy kernel that has been silent this long beyond its rhythm says too little. */
const SILENCE_MS = 1000;
/** As the agent's own back-off: the share of a cell's age between two pushes. */
const BACKOFF_SHARE = 0.005;
const MAX_RHYTHM_MS = 5000;

/**
 * How long, in milliseconds, a kernel may be silent that has been at work on
 * one cell for `cellAgeMs`.
 */
export function longestPauseMs(
  cellAgeMs: number,
  pushIntervalMs: number
): number {
  const backedOffMs = Math.max(pushIntervalMs, cellAgeMs * BACKOFF_SHARE);
  return SILENCE_MS + 2 * Math.min(backedOffMs, MAX_RHYTHM_MS);
}
