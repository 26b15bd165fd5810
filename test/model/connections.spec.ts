// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { AgentError } from '../../src/kernel/link';
import { Connections } from '../../src/model/connections';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent } from './page';

describe('Connections', () => {
  let agent: FakeAgent;
  let first: FakeConnection;
  let second: FakeConnection;
  let connections: Connections;
  let received: number[];
  let rejected: string[];
  let changes: number;

  beforeEach(() => {
    agent = new FakeAgent();
    first = new FakeConnection();
    second = new FakeConnection();
    [first, second].forEach(connection => agent.serve(connection));
    connections = new Connections(first.kernel, 'page-1');
    received = [];
    rejected = [];
    changes = 0;
    connections.messageReceived.connect((_, each) =>
      received.push(each.sequence)
    );
    connections.messageRejected.connect((_, reason) => rejected.push(reason));
    connections.kernelChanged.connect(() => changes++);
  });

  afterEach(() => connections.dispose());

  /** As the kernel does: every connection hears it. */
  const pushToBoth = (): void => {
    const payload = agent.message();
    first.push(payload);
    second.push(payload);
  };

  it('should tell when the kernel changes', () => {
    first.setStatus('busy');
    first.setConnectionStatus('connecting');
    expect(changes).toBe(3);
  });

  describe('#add()', () => {
    beforeEach(() => connections.add(second.kernel));

    it('should leave the first connection in use', async () => {
      expect(connections.kernel).toBe(first.kernel);
      await connections.request({ op: 'clear' });
      expect(first.operations).toEqual(['clear']);
      expect(second.operations).toEqual([]);
    });

    it('should hear each message once', () => {
      pushToBoth();
      expect(received).toEqual([1]);
      second.push({});
      expect(rejected).toEqual([]);
    });

    it('should not tell of the other connection', () => {
      second.setStatus('busy');
      expect(changes).toBe(0);
    });

    it('should do nothing with a connection it has', () => {
      const { listeners } = first;
      connections.add(first.kernel);
      expect(first.listeners).toBe(listeners);
    });
  });

  describe('#remove()', () => {
    beforeEach(() => connections.add(second.kernel));

    it('should let the second connection take over, and tell', async () => {
      expect(connections.remove(first.kernel)).toBe(true);
      expect(changes).toBe(1);
      expect(connections.kernel).toBe(second.kernel);
      expect(first.listeners).toBe(0);
      pushToBoth();
      expect(received).toEqual([1]);
      second.push({});
      expect(rejected).toHaveLength(1);
      second.setStatus('busy');
      expect(changes).toBe(2);
      second.say('idle');
      await connections.request({ op: 'clear' });
      expect(second.operations).toEqual(['clear']);
    });

    it('should change nothing when the second connection goes', () => {
      expect(connections.remove(second.kernel)).toBe(true);
      expect(changes).toBe(0);
      expect(connections.kernel).toBe(first.kernel);
      expect(second.listeners).toBe(0);
    });

    it('should ignore a connection it does not have', () => {
      expect(connections.remove(new FakeConnection().kernel)).toBe(true);
      pushToBoth();
      expect(received).toEqual([1]);
    });

    it('should say when none is left, and still know the last', async () => {
      connections.remove(first.kernel);
      expect(connections.remove(second.kernel)).toBe(false);
      expect(connections.kernel).toBe(second.kernel);
      const request = connections.request({ op: 'clear' });
      await expect(request).rejects.toThrow(AgentError);
    });
  });

  describe('#dispose()', () => {
    it('should let go of every connection', () => {
      connections.add(second.kernel);
      connections.dispose();
      connections.dispose();
      pushToBoth();
      expect(connections.isDisposed).toBe(true);
      expect(first.listeners + second.listeners).toBe(0);
      expect(received).toEqual([]);
    });
  });
});
