// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IAgentMessage } from '../../src/core/wire/generated';
import { MIME_TYPE, SCHEMA_VERSION } from '../../src/core/wire/generated';
import { BusyError } from '../../src/kernel/channel';
import { AgentError, KernelLink } from '../../src/kernel/link';
import type { IQuery } from '../../src/kernel/query';
import { RefusedError } from '../../src/kernel/query';
import type { Json } from '../core/wire';
import { message } from '../core/wire';
import { bringsArchive, FakeConnection, replyWith } from './connection';

const MISSING = { schema: SCHEMA_VERSION, kind: 'missing' };

describe('KernelLink', () => {
  let connection: FakeConnection;
  let link: KernelLink;
  let received: IAgentMessage[];
  let rejected: string[];

  beforeEach(() => {
    connection = new FakeConnection();
    link = new KernelLink(connection.kernel);
    received = [];
    rejected = [];
    link.messageReceived.connect((_, each) => received.push(each));
    link.messageRejected.connect((_, reason) => rejected.push(reason));
  });

  afterEach(() => link.dispose());

  describe('#messageReceived', () => {
    it('should hold what the agent pushed, parsed', () => {
      connection.push(message({ allocated_bytes: 42 }, { sequence: 7 }));
      expect(received).toHaveLength(1);
      expect(received[0]).toMatchObject({
        sequence: 7,
        reading: { devices: [{ allocatedBytes: 42 }] }
      });
    });

    it.each<[string, string, Json]>([
      [
        'display data that is no update',
        'display_data',
        { data: { [MIME_TYPE]: message() } }
      ],
      [
        "other programs' updates",
        'update_display_data',
        { data: { 'text/plain': 'loss 0.1' } }
      ],
      ['updates without data', 'update_display_data', {}],
      ['other messages', 'stream', { name: 'stdout', text: 'hello' }]
    ])('should leave out %s', (_, type, content) => {
      connection.publish(type, content);
      expect(received).toEqual([]);
      expect(rejected).toEqual([]);
    });

    it('should end with the link', () => {
      link.dispose();
      link.dispose();
      connection.push(message());
      expect(received).toEqual([]);
      expect(link.isDisposed).toBe(true);
      expect(connection.listeners).toBe(0);
    });
  });

  describe('#messageRejected', () => {
    it.each<[string, unknown, RegExp]>([
      ['no object', 'hello', /The message should be an object/],
      ['null', null, /The message should be an object, but is null/],
      [
        'another schema',
        message({}, { schema: SCHEMA_VERSION + 1 }),
        /older than the agent/
      ],
      ['a missing field', message({}, { boot: undefined }), /`boot`/],
      [
        'negative bytes',
        message({ allocated_bytes: -1 }),
        /`reading.devices\[0\].allocated_bytes`/
      ]
    ])('should say what is wrong with %s', (_, payload, reason) => {
      connection.push(payload);
      expect(received).toEqual([]);
      expect(rejected).toHaveLength(1);
      expect(rejected[0]).toMatch(reason);
    });

    it('should not keep the next push from being received', () => {
      connection.push({});
      connection.push(message());
      expect(received).toHaveLength(1);
    });
  });

  describe('#request()', () => {
    it('should return the answer, parsed', async () => {
      connection.answer = () => message({}, { kind: 'done' });
      const answer = await link.request({ op: 'detach', viewer: 'page' });
      expect(answer.kind).toBe('done');
      expect(connection.requests).toEqual([{ op: 'detach', viewer: 'page' }]);
    });

    it('should not deliver an agent that is there', async () => {
      const brought: boolean[] = [];
      connection.answer = (_, expression) => {
        brought.push(bringsArchive(expression));
        return message();
      };
      await link.request({ op: 'clear' });
      expect(brought).toEqual([false]);
    });

    it('should deliver one that is missing, once, with the same request', async () => {
      const brought: boolean[] = [];
      connection.answer = (_, expression) => {
        brought.push(bringsArchive(expression));
        return bringsArchive(expression) ? message() : MISSING;
      };
      await link.request({ op: 'clear' });
      expect(brought).toEqual([false, true]);
      expect(connection.operations).toEqual(['clear', 'clear']);
    });

    it('should give up on a kernel that still lacks it', async () => {
      connection.answer = () => MISSING;
      const request = link.request({ op: 'clear' });
      await expect(request).rejects.toThrow(AgentError);
      expect(connection.executes).toHaveLength(2);
    });

    it('should say what is wrong with an answer', async () => {
      connection.answer = () => message({}, { kind: 'nonsense' });
      const request = link.request({ op: 'clear' });
      await expect(request).rejects.toThrow(/`kind` should be one of/);
      await expect(request).rejects.toBeInstanceOf(AgentError);
    });

    it.each<[string, Json]>([
      ['fails to evaluate', { answer: { status: 'error', ename: 'E' } }],
      ['comes to nothing', {}]
    ])('should say so when the expression %s', async (_, expressions) => {
      const request = link.request({ op: 'clear' });
      await vi.waitFor(() => expect(connection.executes).toHaveLength(1));
      connection.executes[0]?.reply({
        ...replyWith(null),
        user_expressions: expressions
      });
      await expect(request).rejects.toThrow(AgentError);
    });

    it('should pass on that the kernel is busy', async () => {
      connection.setStatus('busy');
      const request = link.request({ op: 'clear' });
      await expect(request).rejects.toBeInstanceOf(BusyError);
    });
  });

  describe('#ask()', () => {
    const question: IQuery<number> = {
      request: { op: 'clear' },
      read: answer => answer.key('count').whole()
    };

    function answerWith(top: Json): void {
      connection.answer = () => message({}, { kind: 'answered', ...top });
    }

    it('should return the facts, and the message that brought them', async () => {
      answerWith({ answer: { count: 3 } });
      const { facts, message } = await link.ask(question);
      expect(facts).toBe(3);
      expect(message.reading.devices).toHaveLength(1);
    });

    it('should say which of the facts makes no sense', async () => {
      answerWith({ answer: { count: -1 } });
      const asked = link.ask(question);
      await expect(asked).rejects.toBeInstanceOf(AgentError);
      await expect(asked).rejects.toThrow(/`answer.count`/);
    });

    it('should pass on why the agent refused', async () => {
      answerWith({ kind: 'refused', reason: 'A cell is running.' });
      const asked = link.ask(question);
      await expect(asked).rejects.toBeInstanceOf(RefusedError);
      await expect(asked).rejects.toThrow('A cell is running.');
    });

    it('should not take another kind of message for an answer', async () => {
      answerWith({ kind: 'done', answer: { count: 3 } });
      await expect(link.ask(question)).rejects.toBeInstanceOf(AgentError);
    });
  });
});
