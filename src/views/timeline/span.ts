/** A stretch of time, in milliseconds since the epoch. */
export interface ISpan {
  readonly startMs: number;
  readonly endMs: number;
}

/** How much the chart shows while it follows the latest reading. */
export const FOLLOW_MS = 10 * 60_000;

/** The least the chart shows, however short the history or deep the zoom. */
const LEAST_FOLLOW_MS = 60_000;
const LEAST_ZOOM_MS = 2_000;

/** The latest part of `history`, at most `FOLLOW_MS` of it. */
export function followSpan(history: ISpan): ISpan {
  const length = history.endMs - history.startMs;
  const shownMs = Math.min(FOLLOW_MS, Math.max(LEAST_FOLLOW_MS, length));
  return { startMs: history.endMs - shownMs, endMs: history.endMs };
}

/** `span` made `factor` times as long around `atMs`, kept near `history`. */
export function zoomSpan(
  span: ISpan,
  factor: number,
  atMs: number,
  history: ISpan
): ISpan {
  const length = span.endMs - span.startMs;
  const widest = Math.max(LEAST_FOLLOW_MS, history.endMs - history.startMs);
  const wanted = clamp(length * factor, LEAST_ZOOM_MS, widest);
  const startMs = atMs - ((atMs - span.startMs) / length) * wanted;
  return panSpan({ startMs, endMs: startMs + wanted }, 0, history);
}

/** `span` moved by `byMs`, kept within `history` where it fits. */
export function panSpan(span: ISpan, byMs: number, history: ISpan): ISpan {
  const length = span.endMs - span.startMs;
  const latest = history.endMs - length;
  const earliest = Math.min(history.startMs, latest);
  const startMs = clamp(span.startMs + byMs, earliest, latest);
  return { startMs, endMs: startMs + length };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
