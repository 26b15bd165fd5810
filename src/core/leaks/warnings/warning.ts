/** What a warning is about. */
export type WarningKind =
  'not-freed' | 'growing-cell' | 'cached' | 'fragmented' | 'nearly-full';

/** One warning of the leak watch. */
export interface IWarning {
  /** Stable for as long as the same cause lasts. */
  readonly id: string;
  readonly kind: WarningKind;
  /** `info` costs only other processes; `warning` may end in out of memory. */
  readonly severity: 'info' | 'warning';
  /** The `id` of the device it is about. */
  readonly device: string;
  /** One sentence: the cause. */
  readonly sentence: string;
  /** The figures behind it. */
  readonly evidence: string;
  /** Bytes at stake. */
  readonly bytes: number;
  /** Names of those who hold it, where that is known. */
  readonly heldBy?: readonly string[];
}

/** When the leak watch speaks up. */
export interface IThresholds {
  /** A removed name, or a growing cell, must leave at least this much. */
  readonly leakMinBytes: number;
  /** Runs of one cell, the first included, before growth is called a leak. */
  readonly growthRuns: number;
  /** Share of the device that cache must reach before it is mentioned. */
  readonly cachedFraction: number;
  /** Share of the device that pinned memory must reach before a warning. */
  readonly fragmentedFraction: number;
  /** The device is nearly full when less than this share of it is left. */
  readonly nearlyFullFraction: number;
}

/** The defaults; `schema/plugin.json` repeats them and a test compares the two. */
export const DEFAULT_THRESHOLDS: IThresholds = {
  leakMinBytes: 64 * 2 ** 20,
  growthRuns: 3,
  cachedFraction: 0.1,
  fragmentedFraction: 0.1,
  nearlyFullFraction: 0.05
};
