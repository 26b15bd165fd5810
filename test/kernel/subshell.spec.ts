// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { NoAnswerError } from '../../src/kernel/ask';
import { SilentChannel } from '../../src/kernel/channel';
import { FakeConnection } from './connection';
import {
  OK,
  PATIENCE_MS,
  TIMEOUT_MS,
  last,
  losePatience,
  settled
} from './futures';

describe('SilentChannel', () => {
  let connection: FakeConnection;
  let channel: SilentChannel;

  /** The one clone, which the kernel has told that it supports subshells. */
  const openSubshell = async (): Promise<FakeConnection> => {
    await losePatience();
    last(connection.creates).reply({ subshell_id: 'sub-1' });
    await vi.advanceTimersByTimeAsync(0);
    const clone = connection.clones[connection.clones.length - 1];
    if (!clone) {
      throw new Error('No second connection was made');
    }
    return clone;
  };

  beforeEach(() => {
    vi.useFakeTimers();
    connection = new FakeConnection();
    channel = new SilentChannel(connection.kernel);
  });

  afterEach(() => {
    channel.dispose();
    vi.useRealTimers();
  });

  describe('#evaluate() in a busy kernel with subshells', () => {
    beforeEach(() => {
      connection.supportsSubshells = true;
      connection.say('busy');
    });

    it('should ask over a second connection with a subshell of its own', async () => {
      const answer = channel.evaluate('1');
      const clone = await openSubshell();
      // Its first question, for the kernel's info, must go to the subshell too.
      expect(clone.subshellId).toBe('sub-1');
      expect(clone.executes).toEqual([]);
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      last(clone.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(connection.executes).toEqual([]);
    });

    it('should not ask over it when the cell ends at once', async () => {
      const answer = channel.evaluate('1');
      connection.say('idle');
      await vi.advanceTimersByTimeAsync(0);
      last(connection.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(connection.creates).toEqual([]);
    });

    describe('with the subshell open', () => {
      let clone: FakeConnection;

      beforeEach(async () => {
        const answer = channel.evaluate('1');
        clone = await openSubshell();
        clone.beReady();
        await vi.advanceTimersByTimeAsync(0);
        last(clone.executes).reply(OK);
        await answer;
      });

      it('should use it again though its own requests made the kernel say idle', async () => {
        connection.say('idle', 'create_subshell_request');
        connection.say('busy', 'execute_request', 'sub-1');
        connection.say('idle', 'execute_request', 'sub-1');
        expect(clone.isDisposed).toBe(false);
        const again = channel.evaluate('2');
        await vi.advanceTimersByTimeAsync(0);
        expect(clone.executes).toHaveLength(2);
        last(clone.executes).reply(OK);
        await again;
        expect(connection.clones).toHaveLength(1);
        expect(connection.executes).toEqual([]);
      });

      it('should drop it when the cell has ended', async () => {
        connection.say('idle');
        expect(clone.disposedSubshellId).toBe('sub-1');
        const answer = channel.evaluate('2');
        await vi.advanceTimersByTimeAsync(0);
        expect(connection.executes).toHaveLength(1);
        last(connection.executes).reply(OK);
        await answer;
      });

      it('should drop it only when it is no longer in use', async () => {
        const answer = channel.evaluate('2');
        await vi.advanceTimersByTimeAsync(0);
        connection.say('idle');
        expect(clone.isDisposed).toBe(false);
        last(clone.executes).reply(OK);
        await answer;
        expect(clone.disposedSubshellId).toBe('sub-1');
      });

      it.each(['restarting', 'autorestarting', 'dead'] as const)(
        'should not have it deleted in a kernel that is %s',
        status => {
          connection.setStatus(status);
          expect(clone.isDisposed).toBe(true);
          expect(clone.disposedSubshellId).toBeNull();
        }
      );

      it('should keep it through a lost connection', () => {
        connection.setConnectionStatus('connecting');
        expect(clone.isDisposed).toBe(false);
      });

      it('should open another one when it has been closed', async () => {
        clone.dispose();
        const answer = channel.evaluate('2');
        const other = await openSubshell();
        other.beReady();
        await vi.advanceTimersByTimeAsync(0);
        last(other.executes).reply(OK);
        expect(await answer).toEqual({ status: 'ok' });
      });

      it('should drop it when disposed', () => {
        channel.dispose();
        expect(clone.disposedSubshellId).toBe('sub-1');
        expect(channel.isDisposed).toBe(true);
      });
    });

    it('should go on using it in a cell of which it has heard by status only', async () => {
      connection = new FakeConnection({
        status: 'busy',
        supportsSubshells: true
      });
      channel = new SilentChannel(connection.kernel);
      const answer = channel.evaluate('1');
      const clone = await openSubshell();
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      last(clone.executes).reply(OK);
      connection.say('idle', 'execute_request', 'sub-1');
      await answer;
      void settled(channel.evaluate('2'));
      await vi.advanceTimersByTimeAsync(0);
      expect(clone.executes).toHaveLength(2);
      expect(connection.executes).toEqual([]);
    });

    it('should open one subshell for two requests', async () => {
      const answers = [channel.evaluate('1'), channel.evaluate('2')];
      const clone = await openSubshell();
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      expect(connection.creates).toHaveLength(1);
      clone.executes.forEach(future => future.reply(OK));
      expect(await Promise.all(answers)).toHaveLength(2);
    });

    it('should give up on a subshell that does not open, and use it when it has', async () => {
      const answer = settled(channel.evaluate('1'));
      await vi.advanceTimersByTimeAsync(PATIENCE_MS + TIMEOUT_MS);
      expect(await answer).toBeInstanceOf(NoAnswerError);
      const again = channel.evaluate('2');
      const clone = await openSubshell();
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      expect(connection.creates).toHaveLength(1);
      last(clone.executes).reply(OK);
      expect(await again).toEqual({ status: 'ok' });
    });

    it('should try anew after a subshell could not be made', async () => {
      const answer = settled(channel.evaluate('1'));
      await losePatience();
      last(connection.creates).reject();
      expect(await answer).toBeInstanceOf(NoAnswerError);
      const again = channel.evaluate('2');
      const clone = await openSubshell();
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      last(clone.executes).reply(OK);
      expect(await again).toEqual({ status: 'ok' });
      expect(connection.creates).toHaveLength(2);
    });

    it('should delete a subshell that is ready only after the channel was disposed', async () => {
      const answer = settled(channel.evaluate('1'));
      const clone = await openSubshell();
      channel.dispose();
      expect(clone.isDisposed).toBe(false);
      clone.beReady();
      await vi.advanceTimersByTimeAsync(0);
      expect(clone.disposedSubshellId).toBe('sub-1');
      expect(clone.executes).toEqual([]);
      expect(await answer).toBeInstanceOf(NoAnswerError);
    });
  });
});
