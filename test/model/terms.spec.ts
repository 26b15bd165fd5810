// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Attachment } from '../../src/model/attachment';
import type { FakeConnection } from '../kernel/connection';
import { PATIENCE_MS, TIMEOUT_MS } from '../kernel/futures';
import type { FakeAgent, FakeSettings } from './page';
import { AttachedPage, turns } from './page';

describe('Attachment', () => {
  let page: AttachedPage;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let source: FakeSettings;
  let attachment: Attachment;

  beforeEach(() => {
    vi.useFakeTimers();
    page = new AttachedPage();
    ({ agent, attachment, connection, source } = page);
  });

  afterEach(() => {
    attachment.dispose();
    vi.useRealTimers();
  });

  describe('#tellProcesses()', () => {
    it('should be part of the first request, and lead to another later', async () => {
      attachment.tellProcesses(5);
      await page.attach();
      expect(connection.requests).toMatchObject([{ leftover_bytes: 5 }]);
      attachment.tellProcesses(5);
      await turns();
      expect(connection.executes).toHaveLength(1);
      attachment.tellProcesses(null);
      await turns();
      expect(connection.requests[1]).not.toHaveProperty('leftover_bytes');
      expect(connection.executes).toHaveLength(2);
    });

    it('should ask nothing of a kernel that nobody looks at', async () => {
      attachment.tellProcesses(5);
      await turns();
      expect(connection.executes).toEqual([]);
      await page.attach();
      attachment.sleep();
      attachment.tellProcesses(null);
      await turns();
      expect(connection.operations).toEqual(['attach', 'detach']);
    });
  });

  describe('with other settings', () => {
    it('should attach again when the agent is to hear of them', async () => {
      await page.attach();
      source.change({ pushIntervalMs: 1000 });
      await turns();
      expect(connection.requests[1]).toMatchObject({ interval_ms: 1000 });
      expect(connection.executes).toHaveLength(2);
      expect(attachment.status).toBe('attached');
    });

    it('should not when they concern the page only', async () => {
      await page.attach();
      source.change({ cellBadges: true, snoozeMs: 1 });
      await turns();
      expect(connection.executes).toHaveLength(1);
    });

    it('should tell what changed while it attached', async () => {
      attachment.wake();
      for (let turn = 0; connection.executes.length < 1 && turn < 50; turn++) {
        await Promise.resolve();
      }
      expect(connection.executes).toHaveLength(1);
      source.change({ pushIntervalMs: 900 });
      await turns();
      expect(
        connection.requests.map(
          each => 'interval_ms' in each && each.interval_ms
        )
      ).toEqual([250, 900]);
    });

    it('should tell what changed while it slept when it wakes', async () => {
      await page.attach();
      connection.say('busy');
      attachment.sleep();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      source.change({ pushIntervalMs: 900 });
      connection.say('idle');
      await turns();
      expect(connection.executes).toHaveLength(1);
      attachment.wake();
      await turns();
      expect(connection.requests[1]).toMatchObject({ interval_ms: 900 });
    });

    it('should tell a kernel that was too busy to hear of them when it is idle', async () => {
      await page.attach();
      connection.say('busy');
      source.change({ pushIntervalMs: 900 });
      agent.push(connection);
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      expect(attachment.status).toBe('attached');
      expect(connection.executes).toHaveLength(1);
      connection.say('idle');
      await turns();
      await page.bustle();
      expect(connection.requests[1]).toMatchObject({ interval_ms: 900 });
      expect(connection.executes).toHaveLength(2);
    });
  });

  describe('with the practice device', () => {
    const told = (): unknown[] =>
      connection.requests.map(each => 'practice' in each && each.practice);

    it('should leave alone what the person switched on', async () => {
      await page.attach();
      source.change({ pushIntervalMs: 900 });
      await turns();
      expect(told()).toEqual([null, null]);
    });

    it('should switch it on, and off once', async () => {
      source.change({ practiceDevice: true });
      await page.attach();
      source.change({ practiceDevice: false });
      await turns();
      source.change({ pushIntervalMs: 900 });
      await turns();
      expect(told()).toEqual([true, false, null]);
    });

    it('should say off until the agent has heard it', async () => {
      source.change({ practiceDevice: true });
      await page.attach();
      connection.answer = () => undefined;
      source.change({ practiceDevice: false });
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
      agent.serve(connection);
      await page.bustle();
      expect(told()).toEqual([true, false, false]);
    });
  });
});
