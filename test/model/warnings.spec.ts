// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Monitor } from '../../src/model/monitor';
import type { FakeSettings } from './page';
import { LEAKS, MonitoredPage, turns } from './page';

const GIB = 2 ** 30;

describe('Monitor', () => {
  let page: MonitoredPage;
  let source: FakeSettings;
  let monitor: Monitor;
  let raised: string[];

  beforeEach(async () => {
    vi.useFakeTimers();
    page = new MonitoredPage();
    ({ monitor, source } = page);
    await page.attach();
    raised = [];
    monitor.warningRaised.connect((_, warning) => raised.push(warning.id));
  });

  afterEach(() => {
    monitor.dispose();
    vi.useRealTimers();
  });

  describe('#warningRaised', () => {
    it('should be emitted once for as long as the cause lasts', async () => {
      await page.push(LEAKS);
      await page.push(LEAKS);
      expect(raised).toEqual(['not-freed:cuda:0:1']);
      expect(page.ids()).toEqual(raised);
    });

    it('should be emitted again when the cause comes back', async () => {
      await page.push(LEAKS);
      await page.push();
      expect(page.ids()).toEqual([]);
      await page.push(LEAKS);
      expect(raised).toHaveLength(2);
    });

    it('should be emitted for what other thresholds make a warning', async () => {
      const { thresholds } = source.settings;
      source.change({ thresholds: { ...thresholds, leakMinBytes: 4 * GIB } });
      await page.push(LEAKS);
      expect(raised).toEqual([]);
      source.change({ thresholds });
      expect(raised).toEqual(['not-freed:cuda:0:1']);
      source.change({ thresholds: { ...thresholds, leakMinBytes: 4 * GIB } });
      await turns();
      expect(page.ids()).toEqual([]);
      expect(page.changes).toBeGreaterThan(0);
    });
  });

  describe('#snooze()', () => {
    beforeEach(async () => {
      await page.push(LEAKS);
      source.change({ snoozeMs: 60_000 });
      monitor.snooze('not-freed:cuda:0:1');
      await turns();
      page.changes = 0;
    });

    it('should hide the warning and count it', () => {
      expect(page.ids()).toEqual([]);
      expect(monitor.snoozedCount).toBe(1);
    });

    it('should end by itself after the time of the settings', async () => {
      await vi.advanceTimersByTimeAsync(59_999);
      expect(page.ids()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(page.ids()).toEqual(['not-freed:cuda:0:1']);
      expect(page.changes).toBe(1);
      expect(raised).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should end when told to', async () => {
      monitor.unsnoozeAll();
      await turns();
      expect(page.ids()).toHaveLength(1);
      expect(monitor.snoozedCount).toBe(0);
      expect(page.changes).toBe(1);
    });

    it('should leave no timer behind', () => {
      monitor.dispose();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
