// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { english } from '../../src/core/text/translation';
import { SCHEMA_VERSION } from '../../src/core/wire/generated';
import type { Attachment } from '../../src/model/attachment';
import { FakeConnection } from '../kernel/connection';
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

  describe('#wake()', () => {
    it('should ask nothing before', async () => {
      await page.bustle();
      expect(attachment.status).toBe('asleep');
      expect(connection.executes).toEqual([]);
    });

    it('should attach with the settings and pass on the answer', async () => {
      source.change({ pushIntervalMs: 700 });
      attachment.wake();
      expect(attachment.status).toBe('connecting');
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.requests).toEqual([
        {
          op: 'attach',
          viewer: 'page-1',
          interval_ms: 700,
          exact_peaks: false,
          practice: null,
          lease_s: 900
        }
      ]);
      expect(page.received).toEqual([1]);
    });

    it('should ask an idle kernel once, however often it is busy and idle', async () => {
      attachment.wake();
      attachment.wake();
      await page.bustle();
      attachment.wake();
      await page.bustle();
      expect(connection.operations).toEqual(['attach']);
    });

    it('should wait for a kernel that is still connecting', async () => {
      connection.setConnectionStatus('connecting');
      attachment.wake();
      await turns();
      expect(attachment.status).toBe('disconnected');
      expect(connection.executes).toEqual([]);
      connection.setConnectionStatus('connected');
      connection.setStatus('idle');
      await turns();
      expect(attachment.status).toBe('attached');
    });

    it('should ask a kernel of which JupyterLab knows no status', async () => {
      connection.setStatus('starting');
      attachment.wake();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach']);
    });

    it('should ask a busy kernel that has no subshells when its cell has ended', async () => {
      connection.say('busy');
      attachment.wake();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      expect(attachment.status).toBe('waiting');
      expect(connection.executes).toEqual([]);
      connection.say('idle');
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach']);
    });

    it('should wait for the cell behind which its request has queued', async () => {
      connection.answer = () => undefined;
      attachment.wake();
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
      expect(attachment.status).toBe('waiting');
      agent.push(connection);
      expect(attachment.status).toBe('attached');
      expect(page.received).toEqual([1]);
      expect(page.rejected).toEqual([]);
    });

    it('should leave a kernel of another language alone', async () => {
      connection.info = Promise.resolve({ language_info: { name: 'julia' } });
      attachment.wake();
      await turns();
      expect(attachment.status).toBe('not-python');
      await page.bustle();
      attachment.wake();
      await turns();
      expect(connection.executes).toEqual([]);
    });
  });

  describe('after a failure', () => {
    beforeEach(async () => {
      agent.top = { kind: 'refused', reason: 'No IPython shell' };
      attachment.wake();
      await turns();
    });

    it('should say why', () => {
      expect(attachment.status).toBe('failed');
      expect(attachment.failure?.(english)).toBe('No IPython shell');
      expect(page.rejected).toEqual(['No IPython shell']);
      expect(page.received).toEqual([]);
    });

    it('should not try again by itself', async () => {
      await page.bustle();
      attachment.sleep();
      attachment.wake();
      await page.bustle();
      expect(connection.operations).toEqual(['attach']);
      expect(attachment.status).toBe('failed');
    });

    it('should try again when told to', async () => {
      agent.top = {};
      attachment.retry();
      await turns();
      expect(attachment.status).toBe('attached');
      expect(attachment.failure).toBeNull();
      attachment.retry();
      await turns();
      expect(connection.operations).toEqual(['attach', 'attach']);
    });

    it('should try again when the agent is to hear of other settings', async () => {
      agent.top = {};
      source.change({ snoozeMs: 1 });
      await turns();
      expect(attachment.status).toBe('failed');
      source.change({ practiceDevice: true });
      await turns();
      expect(attachment.status).toBe('attached');
    });

    it('should try again when the kernel has restarted', async () => {
      agent.top = {};
      connection.setStatus('restarting');
      connection.setStatus('idle');
      await turns();
      expect(attachment.status).toBe('attached');
    });

    it('should believe a push that comes nevertheless', () => {
      agent.push(connection, { kind: 'push', reason: null });
      expect(attachment.status).toBe('attached');
      expect(attachment.failure).toBeNull();
    });
  });

  it('should fail with an answer that makes no sense, and not loop', async () => {
    agent.top = { boot: 7 };
    attachment.wake();
    await page.bustle();
    expect(attachment.status).toBe('failed');
    const failure = attachment.failure?.(english);
    expect(failure).toContain('`boot`');
    expect(page.rejected).toEqual([failure]);
    expect(connection.executes).toHaveLength(1);
  });

  it('should report a push that makes no sense, and stay attached', async () => {
    await page.attach();
    connection.push({ schema: SCHEMA_VERSION });
    expect(page.rejected).toHaveLength(1);
    expect(attachment.status).toBe('attached');
  });

  describe('when the kernel goes away', () => {
    beforeEach(async () => page.attach());

    it.each(['restarting', 'autorestarting'] as const)(
      'should attach again after %s',
      async status => {
        connection.setStatus(status);
        expect(attachment.status).toBe('restarting');
        connection.setStatus('starting');
        connection.setStatus('idle');
        await turns();
        expect(attachment.status).toBe('attached');
        expect(connection.operations).toEqual(['attach', 'attach']);
      }
    );

    it('should attach again after a lost connection', async () => {
      connection.setConnectionStatus('connecting');
      expect(attachment.status).toBe('disconnected');
      connection.setConnectionStatus('connected');
      connection.setStatus('idle');
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach', 'attach']);
    });

    it('should leave a dead kernel alone', async () => {
      connection.setStatus('dead');
      attachment.wake();
      await turns();
      expect(attachment.status).toBe('dead');
      expect(connection.operations).toEqual(['attach']);
    });
  });

  it('should attach again at once when the kernel restarts in the middle of it', async () => {
    connection.answer = () => undefined;
    attachment.wake();
    await turns();
    connection.setStatus('restarting');
    agent.serve(connection);
    connection.setStatus('idle');
    await turns();
    expect(attachment.status).toBe('attached');
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
    // The first request, late, changes nothing.
    expect(attachment.status).toBe('attached');
    expect(page.rejected).toEqual([]);
  });

  it('should attach over the next connection when the one in use closes in the middle of it', async () => {
    const other = new FakeConnection();
    agent.serve(other);
    attachment.connections.add(other.kernel);
    connection.answer = () => undefined;
    attachment.wake();
    await turns();
    attachment.connections.remove(connection.kernel);
    await turns();
    expect(attachment.status).toBe('attached');
    expect(other.operations).toEqual(['attach']);
  });

  describe('#dispose()', () => {
    it('should leave no connection to kernel or settings', async () => {
      await page.attach();
      attachment.dispose();
      attachment.dispose();
      expect(attachment.isDisposed).toBe(true);
      expect(connection.listeners).toBe(0);
      source.change({ practiceDevice: true });
      attachment.wake();
      await turns();
      expect(connection.operations).toEqual(['attach']);
    });

    it('should forget an attempt under way', async () => {
      attachment.wake();
      attachment.dispose();
      await turns();
      expect(page.received).toEqual([]);
      expect(page.rejected).toEqual([]);
    });
  });
});
