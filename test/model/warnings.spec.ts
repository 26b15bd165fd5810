// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { english } from '../../src/core/translation';
import { Monitor } from '../../src/model/monitor';
import type { Json } from '../core/wire';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, FakeSettings, LEAKS, ROOMY, turns } from './page';

const GIB = 2 ** 30;

describe('Monitor', () => {
  let agent: FakeAgent;
  let connection: FakeConnection;
  let source: FakeSettings;
  let monitor: Monitor;
  let changes: number;
  let raised: string[];

  /** The agent pushes, and what follows from it happens. */
  const push = async (top: Json = {}): Promise<void> => {
    agent.push(connection, top, ROOMY);
    await turns();
  };
  const ids = (): string[] => monitor.warnings.map(({ id }) => id);

  beforeEach(async () => {
    vi.useFakeTimers();
    agent = new FakeAgent();
    agent.time = Date.now() / 1000;
    connection = new FakeConnection();
    agent.serve(connection);
    source = new FakeSettings();
    raised = [];
    monitor = new Monitor({
      kernel: connection.kernel,
      source,
      viewer: 'page-1',
      translate: english,
      report: () => undefined
    });
    monitor.wake();
    await turns();
    changes = 0;
    monitor.changed.connect(() => changes++);
    monitor.warningRaised.connect((_, warning) => raised.push(warning.id));
  });

  afterEach(() => {
    monitor.dispose();
    vi.useRealTimers();
  });

  describe('#warningRaised', () => {
    it('should be emitted once for as long as the cause lasts', async () => {
      await push(LEAKS);
      await push(LEAKS);
      expect(raised).toEqual(['not-freed:cuda:0:1']);
      expect(ids()).toEqual(raised);
    });

    it('should be emitted again when the cause comes back', async () => {
      await push(LEAKS);
      await push();
      expect(ids()).toEqual([]);
      await push(LEAKS);
      expect(raised).toHaveLength(2);
    });

    it('should be emitted for what other thresholds make a warning', async () => {
      const { thresholds } = source.settings;
      source.change({ thresholds: { ...thresholds, leakMinBytes: 4 * GIB } });
      await push(LEAKS);
      expect(raised).toEqual([]);
      source.change({ thresholds });
      expect(raised).toEqual(['not-freed:cuda:0:1']);
      source.change({ thresholds: { ...thresholds, leakMinBytes: 4 * GIB } });
      await turns();
      expect(ids()).toEqual([]);
      expect(changes).toBeGreaterThan(0);
    });
  });

  describe('#snooze()', () => {
    beforeEach(async () => {
      await push(LEAKS);
      source.change({ snoozeMs: 60_000 });
      monitor.snooze('not-freed:cuda:0:1');
      await turns();
      changes = 0;
    });

    it('should hide the warning and count it', () => {
      expect(ids()).toEqual([]);
      expect(monitor.snoozedCount).toBe(1);
    });

    it('should end by itself after the time of the settings', async () => {
      await vi.advanceTimersByTimeAsync(59_999);
      expect(ids()).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(ids()).toEqual(['not-freed:cuda:0:1']);
      expect(changes).toBe(1);
      expect(raised).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should end when told to', async () => {
      monitor.unsnoozeAll();
      await turns();
      expect(ids()).toHaveLength(1);
      expect(monitor.snoozedCount).toBe(0);
      expect(changes).toBe(1);
    });

    it('should leave no timer behind', () => {
      monitor.dispose();
      expect(vi.getTimerCount()).toBe(0);
    });
  });
});
