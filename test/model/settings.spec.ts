// @vitest-environment node
import { describe, expect, it } from 'vitest';

import schema from '../../schema/plugin.json';
import type { ISettings } from '../../src/model/settings';
import { DEFAULT_SETTINGS, parseSettings } from '../../src/model/settings';

const MIB = 2 ** 20;

/** Where each key of the schema ends up, in the schema's unit. */
const PLACES: {
  [key in keyof typeof schema.properties]: (settings: ISettings) => unknown;
} = {
  pushIntervalMs: settings => settings.pushIntervalMs,
  leakMinMiB: settings => settings.thresholds.leakMinBytes / MIB,
  growthRuns: settings => settings.thresholds.growthRuns,
  cachedPercent: settings => settings.thresholds.cachedFraction * 100,
  fragmentedPercent: settings => settings.thresholds.fragmentedFraction * 100,
  nearlyFullPercent: settings => settings.thresholds.nearlyFullFraction * 100,
  snoozeMinutes: settings => settings.snoozeMs / 60_000,
  cellBadges: settings => settings.cellBadges,
  oomLine: settings => settings.oomLine,
  statusItem: settings => settings.statusItem,
  notifications: settings => settings.notifications,
  watchWhenClosed: settings => settings.watchWhenClosed,
  clearAction: settings => settings.clearAction,
  exactPeaks: settings => settings.exactPeaks,
  leftoverMiB: settings => settings.leftoverBytes / MIB,
  neverStop: settings => settings.neverStop,
  practiceDevice: settings => settings.practiceDevice
};

interface IProperty {
  readonly type: string;
  readonly default: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
}

const PROPERTIES = Object.entries<IProperty>(schema.properties).map(
  ([key, property]) => ({
    key,
    ...property,
    place: PLACES[key as keyof typeof PLACES]
  })
);
const NUMBERS = PROPERTIES.filter(({ type }) => /number|integer/.test(type));

describe('DEFAULT_SETTINGS', () => {
  it.each(PROPERTIES)('should have the default of $key', property => {
    expect(property.place(DEFAULT_SETTINGS)).toEqual(property.default);
  });

  it('should hold nothing that the schema does not', () => {
    const { thresholds, ...others } = DEFAULT_SETTINGS;
    const places = Object.keys(others).length + Object.keys(thresholds).length;
    expect(places).toBe(PROPERTIES.length);
  });

  it('should be what comes of no settings at all', () => {
    expect(parseSettings({})).toEqual(DEFAULT_SETTINGS);
  });
});

describe('parseSettings()', () => {
  it('should take every value, in its unit', () => {
    const settings = parseSettings({
      pushIntervalMs: 1000,
      leakMinMiB: 128,
      growthRuns: 5,
      cachedPercent: 25,
      fragmentedPercent: 50,
      nearlyFullPercent: 12.5,
      snoozeMinutes: 2,
      cellBadges: true,
      oomLine: false,
      statusItem: false,
      notifications: false,
      watchWhenClosed: true,
      clearAction: 'quietly',
      exactPeaks: true,
      practiceDevice: true,
      leftoverMiB: 300,
      neverStop: true
    });
    expect(settings).toEqual({
      pushIntervalMs: 1000,
      thresholds: {
        leakMinBytes: 128 * MIB,
        growthRuns: 5,
        cachedFraction: 0.25,
        fragmentedFraction: 0.5,
        nearlyFullFraction: 0.125
      },
      snoozeMs: 120_000,
      cellBadges: true,
      oomLine: false,
      statusItem: false,
      notifications: false,
      watchWhenClosed: true,
      clearAction: 'quietly',
      exactPeaks: true,
      practiceDevice: true,
      leftoverBytes: 300 * MIB,
      neverStop: true
    });
  });

  it.each(NUMBERS)('should keep $key within the bounds of the schema', each => {
    const { key, place, minimum = 0, maximum } = each;
    expect(place(parseSettings({ [key]: minimum }))).toBe(minimum);
    expect(place(parseSettings({ [key]: minimum - 1 }))).toBe(each.default);
    if (maximum !== undefined) {
      expect(place(parseSettings({ [key]: maximum }))).toBe(maximum);
      expect(place(parseSettings({ [key]: maximum + 1 }))).toBe(each.default);
    }
  });

  it.each([
    ['null', null],
    ['undefined', undefined],
    ['NaN', NaN],
    ['infinity', Infinity],
    ['minus one', -1],
    ['text', '1000'],
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['a list', [1000]],
    ['an object', { valueOf: () => 1000 }],
    ['a function', () => true]
  ])('should fall back to the default for %s', (_, value) => {
    const raw = Object.fromEntries(PROPERTIES.map(({ key }) => [key, value]));
    expect(parseSettings(raw)).toEqual(DEFAULT_SETTINGS);
  });

  it('should fall back for one value and keep the others', () => {
    const settings = parseSettings({ growthRuns: 'many', cellBadges: true });
    expect(settings.thresholds.growthRuns).toBe(3);
    expect(settings.cellBadges).toBe(true);
  });

  it('should ignore what the prototype of the settings holds', () => {
    const raw = JSON.parse('{"__proto__": {"cellBadges": true}}') as Record<
      string,
      unknown
    >;
    expect(parseSettings(raw).cellBadges).toBe(false);
  });

  it('should count whole runs', () => {
    expect(parseSettings({ growthRuns: 4.7 }).thresholds.growthRuns).toBe(4);
  });
});
