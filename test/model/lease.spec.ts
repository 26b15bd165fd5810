// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { english } from '../../src/core/text/translation';
import { Monitors } from '../../src/model/monitors';
import { FakeConnection } from '../kernel/connection';
import { documentOf, FakeContext } from './document';
import { FakeAgent, FakeSettings, turns } from './page';
import { World } from './world';

const MINUTE_MS = 60_000;

describe('A lease', () => {
  let agent: FakeAgent;
  let connection: FakeConnection;
  let monitors: Monitors;
  let context: FakeContext;

  beforeEach(async () => {
    vi.useFakeTimers();
    agent = new FakeAgent();
    connection = new FakeConnection();
    agent.serve(connection);
    monitors = new Monitors({
      source: new FakeSettings(),
      viewer: 'page-1',
      translate: english
    });
    context = new FakeContext(connection);
    monitors.activate(documentOf(context));
    monitors.setLooking(true);
    await turns();
  });

  afterEach(() => {
    monitors.dispose();
    vi.useRealTimers();
  });

  const status = (): string | undefined => monitors.target.monitor?.status;
  const lapse = async (): Promise<void> => {
    agent.push(connection, { lapsed: ['someone else', 'page-1'] });
    await turns();
  };

  it('should be asked for, and the page named in every request', async () => {
    await monitors.monitorOf('kernel-1')?.clearQuietly();
    expect(connection.requests).toMatchObject([
      { op: 'attach', viewer: 'page-1', lease_s: 900 },
      { op: 'clear', viewer: 'page-1' }
    ]);
  });

  it('should never be renewed by time alone', async () => {
    await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE_MS);
    expect(connection.operations).toEqual(['attach']);
  });

  it('should not be renewed by pushes, whoever brings them about', async () => {
    for (let minute = 0; minute < 60; minute++) {
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      agent.push(connection);
    }
    expect(connection.operations).toEqual(['attach']);
  });

  it('should be renewed once by a person, when half of it is over', async () => {
    await vi.advanceTimersByTimeAsync(7 * MINUTE_MS);
    monitors.touch();
    await turns();
    expect(connection.operations).toEqual(['attach']);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    for (let key = 0; key < 20; key++) {
      monitors.touch();
    }
    expect(status()).toBe('attached');
    await turns();
    monitors.touch();
    await turns();
    expect(connection.operations).toEqual(['attach', 'attach']);
  });

  it('should be renewed by any other request', async () => {
    await vi.advanceTimersByTimeAsync(7 * MINUTE_MS);
    await monitors.monitorOf('kernel-1')?.clearQuietly();
    await vi.advanceTimersByTimeAsync(7 * MINUTE_MS);
    monitors.touch();
    await turns();
    expect(connection.operations).toEqual(['attach', 'clear']);
  });

  it('should not be renewed in the middle of a cell', async () => {
    await vi.advanceTimersByTimeAsync(20 * MINUTE_MS);
    connection.say('busy');
    monitors.touch();
    await turns();
    expect(connection.operations).toEqual(['attach']);
  });

  it('should not be renewed for a notebook that is not looked at', async () => {
    const other = new FakeConnection({ id: 'kernel-2' });
    new FakeAgent().serve(other);
    monitors.activate(documentOf(new FakeContext(other)));
    await turns();
    await vi.advanceTimersByTimeAsync(10 * MINUTE_MS);
    monitors.touch();
    await turns();
    expect(connection.operations).toEqual(['attach']);
    expect(other.operations).toEqual(['attach', 'attach']);
  });

  it('should leave the last figures as paused when it is over', async () => {
    await lapse();
    const { monitor } = monitors.target;
    expect(monitor?.status).toBe('asleep');
    expect(monitor?.reading?.devices).toHaveLength(1);
    expect(monitor?.isStale(Date.now() + 1)).toBe(true);
    await vi.advanceTimersByTimeAsync(24 * 60 * MINUTE_MS);
    expect(connection.operations).toEqual(['attach']);
  });

  it('should not be over when another page’s is', async () => {
    agent.push(connection, { lapsed: ['page-2'] });
    await turns();
    expect(status()).toBe('attached');
  });

  it('should begin anew when a person is back', async () => {
    await vi.advanceTimersByTimeAsync(20 * MINUTE_MS);
    await lapse();
    monitors.touch();
    await turns();
    expect(status()).toBe('attached');
    expect(connection.operations).toEqual(['attach', 'attach']);
  });

  it.each(['a cell', 'the notebook shown again'])(
    'should begin anew with %s',
    async what => {
      await lapse();
      if (what === 'a cell') {
        connection.say('busy');
        connection.say('idle');
      } else {
        monitors.activate(null);
        monitors.activate(documentOf(context));
      }
      await turns();
      await vi.advanceTimersByTimeAsync(1000);
      expect(status()).toBe('attached');
    }
  );

  it('should be renewed for all notebooks while all are looked at', async () => {
    const world = new World();
    const [first, second] = [world.open('a'), world.open('b')];
    world.monitors.setLooking(true);
    await world.look();
    vi.setSystemTime(Date.now() + 10 * MINUTE_MS);
    world.monitors.touch();
    await turns();
    expect([first, second].map(each => each.operations)).toEqual([
      ['attach', 'attach'],
      ['attach', 'attach']
    ]);
    world.dispose();
  });
});

describe('A page that goes away', () => {
  let agent: FakeAgent;
  let connection: FakeConnection;
  let monitors: Monitors;

  beforeEach(() => {
    vi.useFakeTimers();
    agent = new FakeAgent();
    connection = new FakeConnection();
    agent.serve(connection);
    monitors = new Monitors({
      source: new FakeSettings(),
      viewer: 'page-1',
      translate: english
    });
    monitors.activate(documentOf(new FakeContext(connection)));
  });

  afterEach(() => {
    monitors.dispose();
    vi.useRealTimers();
  });

  it('should say so before it returns', async () => {
    monitors.setLooking(true);
    await turns();
    monitors.setAway(true);
    expect(connection.requests[1]).toEqual({ op: 'detach', viewer: 'page-1' });
  });

  it('should say nothing where nobody looked', () => {
    monitors.setAway(true);
    expect(connection.operations).toEqual([]);
  });

  it('should say it beside a cell where a subshell is open', async () => {
    connection.supportsSubshells = true;
    connection.say('busy');
    monitors.setLooking(true);
    await vi.advanceTimersByTimeAsync(300);
    connection.creates[0]?.reply({ subshell_id: 'sub-1' });
    await turns();
    expect(status()).toBe('attached');
    monitors.setAway(true);
    expect(connection.besides).toHaveLength(2);
    expect(connection.executes).toEqual([]);
  });

  it('should leave it to the kernel when it comes to that, where a cell runs', async () => {
    monitors.setLooking(true);
    await turns();
    connection.say('busy');
    monitors.setAway(true);
    expect(connection.operations).toEqual(['attach', 'detach']);
  });

  it('should not throw over a kernel that is dead', async () => {
    monitors.setLooking(true);
    await turns();
    connection.refusal = new Error('Kernel is dead');
    expect(() => monitors.setAway(true)).not.toThrow();
  });

  it('should watch again when it is back as it was', async () => {
    monitors.setLooking(true);
    await turns();
    monitors.setAway(true);
    expect(status()).toBe('connecting');
    monitors.setAway(false);
    await turns();
    expect(status()).toBe('attached');
    expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
  });

  const status = (): string | undefined => monitors.target.monitor?.status;
});

describe('Two pages on one kernel', () => {
  it('should not have the one that does not look ask whenever the other is told', async () => {
    const agent = new FakeAgent();
    const connection = new FakeConnection();
    agent.serve(connection);
    const monitors = new Monitors({
      source: new FakeSettings(),
      viewer: 'page-1',
      translate: english
    });
    monitors.activate(documentOf(new FakeContext(connection)));
    monitors.setLooking(true);
    await turns();
    monitors.setLooking(false);
    await turns();
    for (let push = 0; push < 5; push++) {
      agent.push(connection);
      await turns();
    }
    expect(connection.operations).toEqual(['attach', 'detach']);
    monitors.dispose();
  });
});
