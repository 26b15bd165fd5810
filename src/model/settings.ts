import type { ISignal } from '@lumino/signaling';

import type { IThresholds } from '../core/leaks/warnings/warning';
import { DEFAULT_THRESHOLDS } from '../core/leaks/warnings/warning';
import {
  LEFTOVER_THRESHOLD_BYTES,
  MIN_PUSH_INTERVAL_MS
} from '../core/wire/generated';

/** What the clear button does when it is simply pressed. */
export type ClearAction = 'insert-and-run' | 'quietly' | 'insert-only';

/** The settings, checked and with their units. */
export interface ISettings {
  readonly pushIntervalMs: number;
  readonly thresholds: IThresholds;
  readonly snoozeMs: number;
  readonly cellBadges: boolean;
  /** A line below the output of a cell that ran out of memory. */
  readonly oomLine: boolean;
  readonly statusItem: boolean;
  readonly notifications: boolean;
  readonly watchWhenClosed: boolean;
  readonly clearAction: ClearAction;
  /** Reset torch's own peak counters at each cell, so that every peak is exact. */
  readonly exactPeaks: boolean;
  readonly practiceDevice: boolean;
  /** From how much on a process that no notebook owns may be an orphan. */
  readonly leftoverBytes: number;
  /** Never offer to stop a process. */
  readonly neverStop: boolean;
}

/** The settings of the moment; changes apply at once. */
export interface ISettingsSource {
  readonly settings: ISettings;
  readonly settingsChanged: ISignal<ISettingsSource, void>;
}

/** As in `schema/plugin.json`; a test compares the two. */
export const DEFAULT_SETTINGS: ISettings = {
  pushIntervalMs: MIN_PUSH_INTERVAL_MS,
  thresholds: DEFAULT_THRESHOLDS,
  snoozeMs: 30 * 60_000,
  cellBadges: false,
  oomLine: true,
  statusItem: true,
  notifications: true,
  watchWhenClosed: false,
  clearAction: 'insert-and-run',
  exactPeaks: false,
  practiceDevice: false,
  leftoverBytes: LEFTOVER_THRESHOLD_BYTES,
  neverStop: false
};

/**
 * Turn the raw composite settings into `ISettings`.
 *
 * The registry validates against the schema, but an edited overrides file may
 * still hold anything, so whatever does not fit falls back to its default.
 */
export function parseSettings(
  raw: Readonly<Record<string, unknown>>
): ISettings {
  const base = DEFAULT_SETTINGS;
  const number: ReadNumber = (
    key,
    fallback,
    least,
    most = Number.MAX_VALUE
  ) => {
    const value = raw[key];
    return typeof value === 'number' && value >= least && value <= most
      ? value
      : fallback;
  };
  const flag = (key: FlagKey): boolean => {
    const value = raw[key];
    return typeof value === 'boolean' ? value : base[key];
  };
  return {
    pushIntervalMs: number(
      'pushIntervalMs',
      base.pushIntervalMs,
      MIN_PUSH_INTERVAL_MS
    ),
    thresholds: parseThresholds(number),
    snoozeMs: number('snoozeMinutes', base.snoozeMs / 60_000, 1) * 60_000,
    cellBadges: flag('cellBadges'),
    oomLine: flag('oomLine'),
    statusItem: flag('statusItem'),
    notifications: flag('notifications'),
    watchWhenClosed: flag('watchWhenClosed'),
    clearAction: parseClearAction(raw.clearAction),
    exactPeaks: flag('exactPeaks'),
    practiceDevice: flag('practiceDevice'),
    leftoverBytes: parseLeftoverBytes(number),
    neverStop: flag('neverStop')
  };
}

type FlagKey = {
  [Key in keyof ISettings]: ISettings[Key] extends boolean ? Key : never;
}[keyof ISettings];

/** What `key` holds if it is a number within the bounds, or else `fallback`. */
type ReadNumber = (
  key: string,
  fallback: number,
  least: number,
  most?: number
) => number;

function parseThresholds(number: ReadNumber): IThresholds {
  const base = DEFAULT_THRESHOLDS;
  const fraction = (key: string, fallback: number): number =>
    number(key, fallback * 100, 0, 100) / 100;
  return {
    leakMinBytes:
      number('leakMinMiB', base.leakMinBytes / 2 ** 20, 1) * 2 ** 20,
    growthRuns: Math.floor(number('growthRuns', base.growthRuns, 2)),
    cachedFraction: fraction('cachedPercent', base.cachedFraction),
    fragmentedFraction: fraction('fragmentedPercent', base.fragmentedFraction),
    nearlyFullFraction: fraction('nearlyFullPercent', base.nearlyFullFraction)
  };
}

function parseLeftoverBytes(number: ReadNumber): number {
  const base = DEFAULT_SETTINGS.leftoverBytes / 2 ** 20;
  return Math.floor(number('leftoverMiB', base, 1) * 2 ** 20);
}

function parseClearAction(value: unknown): ClearAction {
  return isClearAction(value) ? value : DEFAULT_SETTINGS.clearAction;
}

function isClearAction(value: unknown): value is ClearAction {
  return (
    value === 'insert-and-run' || value === 'quietly' || value === 'insert-only'
  );
}
