// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Attachment } from '../../src/model/attachment';
import type { FakeConnection } from '../kernel/connection';
import { PATIENCE_MS, TIMEOUT_MS } from '../kernel/futures';
import type { FakeAgent } from './page';
import { AttachedPage, turns } from './page';

describe('Attachment', () => {
  let page: AttachedPage;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let attachment: Attachment;

  beforeEach(() => {
    vi.useFakeTimers();
    page = new AttachedPage();
    ({ agent, attachment, connection } = page);
  });

  afterEach(() => {
    attachment.dispose();
    vi.useRealTimers();
  });

  describe('#sleep()', () => {
    beforeEach(async () => page.attach());

    it('should detach from an idle kernel, with one request', async () => {
      attachment.sleep();
      await page.bustle();
      attachment.sleep();
      await turns();
      expect(connection.operations).toEqual(['attach', 'detach']);
      expect(connection.requests[1]).toEqual({
        op: 'detach',
        viewer: 'page-1'
      });
      expect(attachment.status).toBe('asleep');
    });

    it('should ask a kernel at work over a subshell', async () => {
      connection.supportsSubshells = true;
      connection.say('busy');
      attachment.sleep();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      expect(connection.creates).toHaveLength(1);
    });

    it('should tell a kernel that is too busy when it next pushes', async () => {
      connection.say('busy');
      attachment.sleep();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      agent.push(connection);
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      expect(connection.operations).toEqual(['attach']);
      connection.say('idle');
      await page.bustle();
      expect(connection.operations).toEqual(['attach']);
      agent.push(connection);
      await turns();
      expect(connection.operations).toEqual(['attach', 'detach']);
      expect(page.rejected).toEqual([]);
      expect(page.received).toEqual([1]);
    });

    it('should not attach again as long as it could not detach', async () => {
      connection.say('busy');
      attachment.sleep();
      await vi.advanceTimersByTimeAsync(PATIENCE_MS);
      attachment.wake();
      connection.say('idle');
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach']);
    });

    it('should attach again when woken', async () => {
      attachment.sleep();
      await turns();
      attachment.wake();
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
    });

    it('should attach again when woken while it detaches', async () => {
      attachment.sleep();
      attachment.wake();
      await turns();
      expect(attachment.status).toBe('attached');
      expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
    });

    it('should attach again when it is unknown whether the agent was told', async () => {
      connection.answer = () => undefined;
      attachment.sleep();
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
      agent.serve(connection);
      attachment.wake();
      await turns();
      expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
    });
  });

  it('should detach after an attempt that nobody waits for any more', async () => {
    attachment.wake();
    attachment.sleep();
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach']);
    expect(attachment.status).toBe('asleep');
  });
});
