// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Monitor } from '../../src/model/monitor';
import type { FakeConnection } from '../kernel/connection';
import type { FakeAgent, FakeSettings } from './page';
import { MonitoredPage, turns } from './page';

const MINUTE_MS = 60_000;

describe('Monitor', () => {
  let agent: FakeAgent;
  let connection: FakeConnection;
  let source: FakeSettings;
  let monitor: Monitor;

  const seconds = (): number => Date.now() / 1000;
  /** Push now, from a cell that runs since `startedS`. */
  const pushFrom = (startedS: number): void => {
    agent.time = seconds();
    const running = { cell_id: 'a', execution_count: 1, started: startedS };
    agent.push(connection, { running });
  };
  /** How long the kernel can be silent from now on before that shows. */
  const patienceMs = (): number => {
    const nowMs = Date.now();
    let silentMs = 0;
    while (silentMs < MINUTE_MS && !monitor.isStale(nowMs + silentMs)) {
      silentMs += 10;
    }
    return silentMs;
  };

  beforeEach(async () => {
    vi.useFakeTimers();
    const page = new MonitoredPage();
    ({ agent, connection, monitor, source } = page);
    await page.attach();
  });

  afterEach(() => {
    monitor.dispose();
    vi.useRealTimers();
  });

  describe('#ageMs()', () => {
    it('should count from the reading, by the clock of the browser', () => {
      expect(monitor.ageMs(Date.now())).toBe(0);
      expect(monitor.ageMs(Date.now() + 1500)).toBe(1500);
      expect(monitor.ageMs(Date.now() - 1500)).toBe(0);
    });
  });

  describe('#isStale()', () => {
    it('should not be when an idle kernel says nothing', () => {
      expect(monitor.isStale(Date.now() + 60 * MINUTE_MS)).toBe(false);
    });

    it('should be in a busy kernel that has fallen silent', () => {
      connection.say('busy');
      pushFrom(seconds());
      // 1000 ms, and twice the interval of 250 ms.
      expect(monitor.isStale(Date.now() + 1450)).toBe(false);
      expect(monitor.isStale(Date.now() + 1550)).toBe(true);
    });

    it('should not be because the kernel was idle for long before', () => {
      vi.advanceTimersByTime(10 * MINUTE_MS);
      connection.say('busy');
      expect(monitor.isStale(Date.now())).toBe(false);
      expect(monitor.isStale(Date.now() + 1550)).toBe(true);
    });

    it('should follow the interval of the settings', async () => {
      source.change({ pushIntervalMs: 3000 });
      await turns();
      connection.say('busy');
      pushFrom(seconds());
      expect(patienceMs()).toBe(1000 + 2 * 3000 + 10);
    });

    it('should know that the agent speaks ever less of a long cell', () => {
      connection.say('busy');
      pushFrom(seconds() - 600);
      // After ten minutes it pushes every 3 s; the cell ages while it is silent.
      expect(patienceMs()).toBeGreaterThan(1000 + 2 * 3000);
      expect(patienceMs()).toBeLessThan(1000 + 2 * 3000 + 200);
      pushFrom(seconds() - 24 * 3600);
      expect(patienceMs()).toBe(1000 + 2 * 5000 + 10);
    });

    it('should be whenever the agent is not attached', () => {
      connection.setConnectionStatus('connecting');
      expect(monitor.isStale(Date.now())).toBe(true);
    });
  });

  describe('#dispose()', () => {
    it('should leave no connection to kernel or settings, and no change', async () => {
      let changes = 0;
      monitor.changed.connect(() => changes++);
      pushFrom(seconds());
      monitor.dispose();
      monitor.dispose();
      await turns();
      expect(monitor.isDisposed).toBe(true);
      expect(connection.listeners).toBe(0);
      expect(source.settingsChanged.listeners).toBe(0);
      expect(changes).toBe(0);
    });
  });
});
