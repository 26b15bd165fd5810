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

  /** The kernel opens the subshell that it was asked for. */
  const openSubshell = async (id = 'sub-1'): Promise<void> => {
    await losePatience();
    last(connection.creates).reply({ subshell_id: id });
    await vi.advanceTimersByTimeAsync(0);
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

    it('should ask over the same connection on a subshell of its own', async () => {
      const answer = channel.evaluate('1');
      await openSubshell();
      expect(connection.besideIds).toEqual(['sub-1']);
      last(connection.besides).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(connection.executes).toEqual([]);
    });

    it('should open no socket, whose closing would take outputs along', async () => {
      const answer = channel.evaluate('1');
      await openSubshell();
      last(connection.besides).reply(OK);
      await answer;
      expect(connection.clones).toBe(0);
    });

    it('should leave the other requests of the connection on the main shell', async () => {
      void settled(channel.evaluate('1'));
      await openSubshell();
      expect(connection.subshellId).toBeNull();
      connection.requestExecute({ user_expressions: { answer: '' } });
      expect(connection.executes).toHaveLength(1);
      connection.refusal = new Error('The kernel is dead');
      void settled(channel.evaluate('2'));
      await vi.advanceTimersByTimeAsync(0);
      expect(connection.subshellId).toBeNull();
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
      beforeEach(async () => {
        const answer = channel.evaluate('1');
        await openSubshell();
        last(connection.besides).reply(OK);
        await answer;
      });

      it('should use it again though its own requests made the kernel say idle', async () => {
        connection.say('idle', 'create_subshell_request');
        connection.say('busy', 'execute_request', 'sub-1');
        connection.say('idle', 'execute_request', 'sub-1');
        expect(connection.deleted).toEqual([]);
        const again = channel.evaluate('2');
        await vi.advanceTimersByTimeAsync(0);
        expect(connection.besides).toHaveLength(2);
        last(connection.besides).reply(OK);
        await again;
        expect(connection.creates).toHaveLength(1);
        expect(connection.executes).toEqual([]);
      });

      it('should drop it when the cell has ended', async () => {
        connection.say('idle');
        expect(connection.deleted).toEqual(['sub-1']);
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
        expect(connection.deleted).toEqual([]);
        last(connection.besides).reply(OK);
        await answer;
        expect(connection.deleted).toEqual(['sub-1']);
      });

      it.each(['restarting', 'autorestarting', 'dead'] as const)(
        'should not have it deleted in a kernel that is %s',
        status => {
          connection.setStatus(status);
          connection.setStatus('idle');
          expect(connection.deleted).toEqual([]);
        }
      );

      it('should keep it through a lost connection', () => {
        connection.setConnectionStatus('connecting');
        expect(connection.deleted).toEqual([]);
      });

      it('should drop it when disposed', () => {
        channel.dispose();
        expect(connection.deleted).toEqual(['sub-1']);
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
      await openSubshell();
      last(connection.besides).reply(OK);
      connection.say('idle', 'execute_request', 'sub-1');
      await answer;
      void settled(channel.evaluate('2'));
      await vi.advanceTimersByTimeAsync(0);
      expect(connection.besides).toHaveLength(2);
      expect(connection.executes).toEqual([]);
    });

    it('should open one subshell for two requests', async () => {
      const answers = [channel.evaluate('1'), channel.evaluate('2')];
      await openSubshell();
      expect(connection.creates).toHaveLength(1);
      connection.besides.forEach(future => future.reply(OK));
      expect(await Promise.all(answers)).toHaveLength(2);
    });

    it.each([undefined, null, 7])(
      'should not ask the main shell for a subshell called %s',
      async id => {
        const answer = settled(channel.evaluate('1'));
        await losePatience();
        last(connection.creates).reply({ subshell_id: id });
        expect(await answer).toBeInstanceOf(NoAnswerError);
        expect([...connection.executes, ...connection.besides]).toEqual([]);
      }
    );

    it('should give up on a subshell that does not open, and use it when it has', async () => {
      const answer = settled(channel.evaluate('1'));
      await vi.advanceTimersByTimeAsync(PATIENCE_MS + TIMEOUT_MS);
      expect(await answer).toBeInstanceOf(NoAnswerError);
      const again = channel.evaluate('2');
      await openSubshell();
      expect(connection.creates).toHaveLength(1);
      last(connection.besides).reply(OK);
      expect(await again).toEqual({ status: 'ok' });
    });

    it('should try anew after a subshell could not be made', async () => {
      const answer = settled(channel.evaluate('1'));
      await losePatience();
      last(connection.creates).reject();
      expect(await answer).toBeInstanceOf(NoAnswerError);
      const again = channel.evaluate('2');
      await openSubshell();
      last(connection.besides).reply(OK);
      expect(await again).toEqual({ status: 'ok' });
      expect(connection.creates).toHaveLength(2);
    });

    it('should delete a subshell that is ready only after the channel was disposed', async () => {
      const answer = settled(channel.evaluate('1'));
      await losePatience();
      channel.dispose();
      expect(connection.deleted).toEqual([]);
      await openSubshell();
      expect(connection.deleted).toEqual(['sub-1']);
      expect(connection.besides).toEqual([]);
      expect(await answer).toBeInstanceOf(NoAnswerError);
    });
  });
});
