// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { NoAnswerError } from '../../src/kernel/ask';
import { BusyError, SilentChannel } from '../../src/kernel/channel';
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

  beforeEach(() => {
    vi.useFakeTimers();
    connection = new FakeConnection();
    channel = new SilentChannel(connection.kernel);
  });

  afterEach(() => {
    channel.dispose();
    vi.useRealTimers();
  });

  describe('#evaluate() in an idle kernel', () => {
    it('should ask silently and return the entry of the expression', async () => {
      const answer = channel.evaluate('1 + 1');
      await vi.advanceTimersByTimeAsync(0);
      const future = last(connection.executes);
      expect(future.content).toEqual({
        code: '',
        silent: true,
        store_history: false,
        stop_on_error: false,
        allow_stdin: false,
        user_expressions: { answer: '1 + 1' }
      });
      future.reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(future.isDisposed).toBe(true);
      expect(connection.creates).toEqual([]);
    });

    it('should return null when the kernel refuses the request', async () => {
      const answer = channel.evaluate('1');
      await vi.advanceTimersByTimeAsync(0);
      last(connection.executes).reply({ status: 'aborted' });
      expect(await answer).toBeNull();
    });

    it('should give up after the time limit and forget the request', async () => {
      const answer = settled(channel.evaluate('1'));
      await vi.advanceTimersByTimeAsync(TIMEOUT_MS - 1);
      expect(last(connection.executes).isDisposed).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      expect(await answer).toBeInstanceOf(NoAnswerError);
      expect(last(connection.executes).isDisposed).toBe(true);
    });

    it('should leave no timer behind an answer', async () => {
      const answer = channel.evaluate('1');
      await vi.advanceTimersByTimeAsync(0);
      last(connection.executes).reply(OK);
      await answer;
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should say that there is no answer when the request is cancelled', async () => {
      const answer = settled(channel.evaluate('1'));
      await vi.advanceTimersByTimeAsync(0);
      last(connection.executes).reject();
      expect(await answer).toBeInstanceOf(NoAnswerError);
    });

    it('should say so too when the connection takes no request', async () => {
      connection.refusal = new Error('Kernel is dead');
      const answer = await settled(channel.evaluate('1'));
      expect(answer).toBeInstanceOf(NoAnswerError);
    });
  });

  describe('#evaluate() in a busy kernel without subshells', () => {
    beforeEach(() => connection.setStatus('busy'));

    it('should refuse after a moment', async () => {
      const answer = settled(channel.evaluate('1'));
      await losePatience();
      expect(await answer).toBeInstanceOf(BusyError);
      expect(connection.executes).toEqual([]);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should wait for a kernel that is busy for a moment only', async () => {
      const answer = channel.evaluate('1');
      await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
      connection.say('idle', 'complete_request');
      await vi.advanceTimersByTimeAsync(0);
      last(connection.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  describe('#evaluate() when a cell overtook the question', () => {
    const overtaken = async (mayRepeat: boolean): Promise<unknown> => {
      connection.supportsSubshells = true;
      const answer = settled(channel.evaluate('1', mayRepeat));
      await vi.advanceTimersByTimeAsync(0);
      connection.say('busy');
      await losePatience();
      return answer;
    };
    const answerOnSubshell = async (): Promise<void> => {
      last(connection.creates).reply({ subshell_id: 'shell' });
      await vi.advanceTimersByTimeAsync(0);
      last(connection.besides).reply(OK);
    };

    it('should ask on a subshell and drop the question that waits', async () => {
      const answer = overtaken(true);
      await losePatience();
      await answerOnSubshell();
      expect(await answer).toEqual({ status: 'ok' });
      expect(last(connection.executes).isDisposed).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should not repeat what changes something', async () => {
      const answer = overtaken(false);
      await losePatience();
      expect(connection.creates).toEqual([]);
      last(connection.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
    });

    it('should not give up a question that the kernel is working on', async () => {
      connection.supportsSubshells = true;
      const answer = channel.evaluate('1', true);
      await vi.advanceTimersByTimeAsync(0);
      const question = last(connection.executes);
      const { msg_id } = question.msg.header;
      connection.say('busy', 'execute_request', null, msg_id);
      await vi.advanceTimersByTimeAsync(2 * PATIENCE_MS);
      expect(connection.creates).toEqual([]);
      question.reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should wait for what takes a moment only', async () => {
      connection.supportsSubshells = true;
      const answer = channel.evaluate('1', true);
      await vi.advanceTimersByTimeAsync(0);
      connection.say('busy', 'complete_request');
      await vi.advanceTimersByTimeAsync(PATIENCE_MS - 1);
      connection.say('idle', 'complete_request');
      await losePatience();
      expect(connection.creates).toEqual([]);
      last(connection.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
      expect(vi.getTimerCount()).toBe(0);
    });
  });

  it.each(['unknown', 'starting'] as const)(
    'should ask a kernel of status %s, which may be idle',
    async status => {
      connection.setStatus(status);
      const answer = channel.evaluate('1');
      await losePatience();
      last(connection.executes).reply(OK);
      expect(await answer).toEqual({ status: 'ok' });
    }
  );

  describe('#dispose()', () => {
    it('should end a request that waits for the kernel', async () => {
      connection.setStatus('busy');
      const answer = settled(channel.evaluate('1'));
      channel.dispose();
      expect(await answer).toBeInstanceOf(NoAnswerError);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should listen to the kernel no longer', () => {
      channel.dispose();
      channel.dispose();
      expect(connection.listeners).toBe(0);
    });
  });
});
