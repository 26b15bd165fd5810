// @vitest-environment node
import type { Session } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { turns } from './page';
import { NOW_MS, SURVEY, World } from './world';

describe('Fleet', () => {
  let world: World;

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW_MS });
    world = new World();
  });

  afterEach(() => {
    world.dispose();
    vi.useRealTimers();
  });

  it('should ask nobody anything before somebody looks', async () => {
    const connection = world.open('a');
    world.run('b', { connections: 3 });
    world.sessions.runningChanged.emit(undefined);
    world.opened.emit();
    await turns();
    expect(connection.executes).toEqual([]);
    expect(world.made).toEqual([]);
  });

  it('should list Python kernels only, sessions first, by name', async () => {
    world.run('b');
    world.run('a', {}, 'console');
    world.run('j', { name: 'julia' });
    world.run('u', { name: 'unheard-of' });
    world.kernels.models.push({ id: 'lonely', name: 'python3' });
    await world.look();
    expect(world.names).toEqual([
      'work/a.ipynb',
      'work/b.ipynb',
      'work/u.ipynb',
      'python3'
    ]);
    expect(world.fleet.kernels[0]).toMatchObject({
      sessionType: 'console',
      state: 'idle',
      lastActivityMs: NOW_MS - 60_000
    });
  });

  it('should name a console as its tab does, and open it by its path', async () => {
    const path = 'work/console-1-a4370610-8824-4c57-8d0e-0123456789ab';
    world.run('c', {}, 'console');
    world.sessions.models[0] = {
      ...(world.sessions.models[0] as Session.IModel),
      path,
      name: 'Console 1'
    };
    await world.look();
    expect(world.fleet.kernels[0]).toMatchObject({
      names: ['Console 1'],
      path,
      sessionType: 'console'
    });
  });

  it('should name a kernel by its notebook, though a console came first', async () => {
    world.run('a');
    const [session] = world.sessions.models;
    world.sessions.models.unshift({
      ...(session as Session.IModel),
      path: 'work/a5b0c1d2-0000-4000-8000-000000000000',
      name: 'a.ipynb',
      type: 'console'
    });
    await world.look();
    expect(world.fleet.kernels[0]).toMatchObject({
      names: ['work/a.ipynb', 'a.ipynb'],
      path: 'work/a.ipynb',
      sessionType: 'notebook'
    });
  });

  it('should show notebooks that share a kernel as one', async () => {
    world.run('a');
    const [session] = world.sessions.models;
    world.sessions.models.push({
      ...session,
      path: 'b.ipynb'
    } as Session.IModel);
    await world.look();
    expect(world.names).toEqual(['work/a.ipynb', 'b.ipynb']);
    expect(world.fleet.kernels).toHaveLength(1);
  });

  it('should ask each open kernel once, and one of them to tell of processes', async () => {
    const connections = ['a', 'b', 'c'].map(id => world.open(id));
    await world.look();
    const thresholds = connections.map(each => {
      expect(each.operations).toEqual(['attach']);
      const [request] = each.requests;
      return request?.op === 'attach' ? (request.leftover_bytes ?? null) : -1;
    });
    expect(thresholds.filter(each => each !== null)).toEqual([200 * 2 ** 20]);
    await vi.advanceTimersByTimeAsync(60_000);
    world.sessions.runningChanged.emit(undefined);
    await turns();
    expect(connections.map(each => each.executes.length)).toEqual([1, 1, 1]);
  });

  it('should let the active kernel tell, by one more request', async () => {
    const [other, active] = [world.open('a'), world.open('b')];
    world.monitors.setLooking(true);
    world.activate(1);
    await turns();
    expect(active.operations).toEqual(['attach']);
    await world.look();
    expect(active.operations).toEqual(['attach', 'attach']);
    expect(active.requests[1]).toMatchObject({ leftover_bytes: 200 * 2 ** 20 });
    expect(other.operations).toEqual(['attach']);
    expect(other.requests[0]).not.toHaveProperty('leftover_bytes');
  });

  it('should ask a kernel that is open elsewhere once, and close the connection', async () => {
    world.run('b', { connections: 2 });
    await world.look();
    const [made] = world.made;
    expect(made?.operations).toEqual(['read']);
    expect(made?.isDisposed).toBe(true);
    expect(world.fleet.kernels[0]?.lastRead?.reading?.devices).toHaveLength(1);
    world.fleet.setLooking(false);
    vi.setSystemTime(NOW_MS + 60_000);
    await world.look();
    // Nothing has happened in it since.
    expect(world.made).toHaveLength(1);
  });

  it('should ask it again when it has been at work since', async () => {
    world.run('b', { connections: 2 });
    await world.look();
    world.fleet.setLooking(false);
    vi.setSystemTime(NOW_MS + 60_000);
    const last_activity = new Date(NOW_MS + 30_000).toISOString();
    const [session] = world.sessions.models;
    world.sessions.models = [
      { ...session, kernel: { ...session?.kernel, last_activity } }
    ] as Session.IModel[];
    await world.look();
    expect(world.made).toHaveLength(2);
  });

  it.each(['idle', 'busy', 'starting'])(
    'should ask a kernel that is %s, and that nobody is connected to, only when a person says so',
    async execution_state => {
      world.run('b', { execution_state });
      await world.look();
      expect(world.made).toEqual([]);
      expect(world.fleet.kernels[0]).toMatchObject({
        monitor: null,
        lastRead: null,
        connections: 0
      });
      const asking = world.fleet.readOnce('b');
      await turns();
      void world.fleet.readOnce('b');
      await asking;
      expect(world.warned).toEqual(['b']);
      expect(world.made).toHaveLength(1);
      expect(world.fleet.kernels[0]).toMatchObject({
        isBeingAsked: false,
        lastRead: { failure: null, takenMs: NOW_MS }
      });
    }
  );

  it('should leave it alone when the person does not agree to what it costs', async () => {
    world.run('b');
    world.isAgreed = false;
    await world.look();
    await world.fleet.readOnce('b');
    expect(await world.fleet.clear('b')).toBeNull();
    expect(world.warned).toEqual(['b', 'b']);
    expect(world.made).toEqual([]);
    expect(world.fleet.kernels[0]?.lastRead).toBeNull();
  });

  it('should not trust what the page knew of who is connected', async () => {
    world.run('b', { connections: 1 });
    world.present = () => ({ id: 'b', name: 'python3', connections: 0 });
    await world.look();
    expect(world.lookedUp).toEqual(['b']);
    expect([world.made, world.warned]).toEqual([[], []]);
    await world.fleet.readOnce('b');
    expect(world.warned).toEqual(['b']);
  });

  it('should not connect where the server does not say who is connected', async () => {
    world.run('b', { connections: 1 });
    world.run('c', { connections: 1 });
    world.present = id => {
      if (id === 'b') {
        throw new Error('Not Found');
      }
      return { id, name: 'python3' };
    };
    await world.look();
    expect(world.made).toEqual([]);
    world.isAgreed = false;
    await world.fleet.clear('c');
    expect(world.warned).toEqual(['c']);
    expect(world.made).toEqual([]);
  });

  it('should ask only once about what asking costs', async () => {
    world.run('b');
    await world.look();
    await Promise.all([world.fleet.readOnce('b'), world.fleet.readOnce('b')]);
    expect(world.warned).toEqual(['b']);
    expect(world.made).toHaveLength(1);
  });

  it('should need no word from the server about a kernel of this page', async () => {
    world.open('a', { connections: 0 });
    await world.look();
    await world.fleet.clear('a');
    expect([world.lookedUp, world.warned, world.made]).toEqual([[], [], []]);
  });

  it('should say that a kernel gave no answer', async () => {
    world.run('b');
    await world.look();
    const { connection } = world;
    world.connection = id => {
      const made = connection.call(world, id);
      made.answer = null;
      return made;
    };
    const asking = world.fleet.readOnce('b');
    await vi.advanceTimersByTimeAsync(20_000);
    await asking;
    expect(world.fleet.kernels[0]?.lastRead).toMatchObject({
      reading: null,
      failure: 'no-answer'
    });
    expect(world.made[0]?.isDisposed).toBe(true);
  });

  it('should show what a kernel tells of processes, and how old that is', async () => {
    const connection = world.open('a');
    await world.look();
    expect(world.fleet.survey).toBeNull();
    expect(world.fleet.hasReporter).toBe(true);
    world.agents.get('a')?.push(connection, { processes: SURVEY });
    expect(world.fleet.survey?.processes).toHaveLength(3);
    expect(world.fleet.isSurveyStale(Date.now())).toBe(false);
  });

  it('should have another kernel tell when the one that tells is stuck', async () => {
    const [stuck, other] = [world.open('a'), world.open('b')];
    await world.look();
    world.agents.get('a')?.push(stuck, { processes: SURVEY });
    stuck.setStatus('busy');
    await vi.advanceTimersByTimeAsync(30_000);
    await turns();
    expect(other.operations).toEqual(['attach', 'attach']);
    expect(other.requests[1]).toHaveProperty('leftover_bytes');
    // The stuck one is not asked to stop telling: it would not hear it.
    expect(stuck.operations).toEqual(['attach']);
    expect(world.fleet.isSurveyStale(Date.now())).toBe(false);
  });

  it('should know an old survey from the kernel that alone could tell', async () => {
    const stuck = world.open('a');
    await world.look();
    world.agents.get('a')?.push(stuck, { processes: SURVEY });
    stuck.setStatus('busy');
    await vi.advanceTimersByTimeAsync(30_000);
    expect(world.fleet.isSurveyStale(Date.now())).toBe(true);
    expect(world.fleet.surveyAgeMs(Date.now())).toBeGreaterThan(29_000);
    expect(world.fleet.survey).not.toBeNull();
  });

  it('should tell every kernel to rest that was never active, when nobody looks', async () => {
    const [other, active] = [world.open('a'), world.open('b')];
    world.monitors.setLooking(true);
    world.activate(1);
    await turns();
    await world.look();
    world.fleet.setLooking(false);
    await turns();
    expect(other.operations).toEqual(['attach', 'detach']);
    expect(active.operations).toEqual(['attach', 'attach', 'attach']);
    expect(active.requests[2]).not.toHaveProperty('leftover_bytes');
  });

  it('should tell a kernel that was never active to rest by one request', async () => {
    const only = world.open('a');
    await world.look();
    expect(only.requests[0]).toHaveProperty('leftover_bytes');
    world.fleet.setLooking(false);
    await turns();
    expect(only.operations).toEqual(['attach', 'detach']);
  });

  it('should follow what is opened and what ends', async () => {
    world.open('a');
    await world.look();
    const late = world.open('b');
    world.opened.emit();
    await turns();
    expect(late.operations).toEqual(['attach']);
    expect(world.names).toEqual(['work/a.ipynb', 'work/b.ipynb']);
    world.sessions.models.splice(0, 1);
    world.kernels.models.splice(0, 1);
    world.sessions.runningChanged.emit(undefined);
    expect(world.names).toEqual(['work/b.ipynb']);
  });

  it('should leave no listener behind', async () => {
    const connection = world.open('a');
    await world.look();
    world.dispose();
    expect(connection.iopubMessage.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
