// @vitest-environment node
import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { gpuProcess } from '../core/gpuprocess';
import { english } from '../../src/core/translation';
import { Fleet } from '../../src/model/fleet';
import { Monitors } from '../../src/model/monitors';
import fixture from '../fixtures/messages.json';
import type { Json } from '../core/wire';
import { FakeConnection } from '../kernel/connection';
import { documentOf, FakeContext } from './document';
import { FakeAgent, FakeSettings, turns } from './page';

const SURVEY = fixture.valid.find(each => 'processes' in each)
  ?.processes as Json & { processes: Json[] };
const REPORT = { pid: 77, signal: 'SIGTERM', has_ended: false, grace_s: 5 };
const NOW_MS = 1_764_000_000_000;

/** The models that a server tells of. */
class Models<T> {
  readonly runningChanged = new Signal<this, unknown>(this);
  models: T[] = [];

  running(): IterableIterator<T> {
    return this.models.values();
  }
}

/** A server, a page of it, and the fleet that the page shows. */
class World {
  readonly source = new FakeSettings();
  readonly monitors = new Monitors({
    source: this.source,
    viewer: 'page-1',
    translate: english
  });
  readonly sessions = new Models<Session.IModel>();
  readonly kernels = new Models<Kernel.IModel>();
  readonly contexts: FakeContext[] = [];
  readonly opened = new Signal<this, void>(this);
  /** The connections that the fleet made by itself. */
  readonly made: FakeConnection[] = [];
  readonly agents = new Map<string, FakeAgent>();
  readonly fleet = new Fleet({
    monitors: this.monitors,
    source: this.source,
    sessions: this.sessions as unknown as Fleet.IOptions['sessions'],
    kernels: this.kernels as unknown as Fleet.IOptions['kernels'],
    kernelspecs: {
      specs: {
        default: 'python3',
        kernelspecs: {
          python3: { language: 'python' },
          julia: { language: 'julia' }
        }
      }
    } as unknown as Fleet.IOptions['kernelspecs'],
    documents: {
      contexts: () =>
        this.contexts.map(each => each as unknown as ISessionContext),
      changed: this.opened
    },
    connect: model => {
      const connection = this.connection(model.id);
      this.made.push(connection);
      return connection.kernel;
    },
    viewer: 'fleet-1'
  });

  connection(id: string): FakeConnection {
    const connection = new FakeConnection({ id });
    const agent = new FakeAgent();
    this.agents.set(id, agent);
    const kinds: Record<string, string> = {
      attach: 'attached',
      detach: 'done',
      clear: 'cleared'
    };
    connection.answer = ({ op }) =>
      agent.message({
        kind: kinds[op] ?? 'answered',
        answer: op === 'stop' ? REPORT : SURVEY
      });
    return connection;
  }

  /** A session that runs, with a kernel of that name. */
  run(
    id: string,
    change: Partial<Kernel.IModel> = {},
    type = 'notebook'
  ): void {
    const kernel = {
      id,
      name: 'python3',
      execution_state: 'idle',
      last_activity: new Date(NOW_MS - 60_000).toISOString(),
      connections: 0,
      ...change
    };
    const path = `work/${id}.ipynb`;
    const session = { id: `s-${id}`, path, name: path, type, kernel };
    this.sessions.models.push(session);
    this.kernels.models.push(kernel);
  }

  /** A notebook that runs and is open in the page. */
  open(id: string, change: Partial<Kernel.IModel> = {}): FakeConnection {
    this.run(id, { connections: 1, ...change });
    const connection = this.connection(id);
    this.contexts.push(new FakeContext(connection));
    return connection;
  }

  activate(place: number): void {
    const context = this.contexts[place];
    if (context) {
      this.monitors.activate(documentOf(context));
    }
  }

  get names(): string[] {
    return this.fleet.kernels.flatMap(kernel => kernel.names);
  }

  dispose(): void {
    this.fleet.dispose();
    this.monitors.dispose();
  }
}

const listed = gpuProcess();

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

  const look = async (): Promise<void> => {
    world.fleet.setLooking(true);
    await turns();
  };

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
    await look();
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

  it('should show notebooks that share a kernel as one', async () => {
    world.run('a');
    const [session] = world.sessions.models;
    world.sessions.models.push({
      ...session,
      path: 'b.ipynb'
    } as Session.IModel);
    await look();
    expect(world.names).toEqual(['work/a.ipynb', 'b.ipynb']);
    expect(world.fleet.kernels).toHaveLength(1);
  });

  it('should ask each open kernel once, and one of them to tell of processes', async () => {
    const connections = ['a', 'b', 'c'].map(id => world.open(id));
    await look();
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
    await look();
    expect(active.operations).toEqual(['attach', 'attach']);
    expect(active.requests[1]).toMatchObject({ leftover_bytes: 200 * 2 ** 20 });
    expect(other.operations).toEqual(['attach']);
    expect(other.requests[0]).not.toHaveProperty('leftover_bytes');
  });

  it('should ask a kernel that is open elsewhere once, and close the connection', async () => {
    world.run('b', { connections: 2 });
    await look();
    const [made] = world.made;
    expect(made?.operations).toEqual(['detach']);
    expect(made?.isDisposed).toBe(true);
    expect(world.fleet.kernels[0]?.glance?.reading?.devices).toHaveLength(1);
    world.fleet.setLooking(false);
    vi.setSystemTime(NOW_MS + 60_000);
    await look();
    // Nothing has happened in it since.
    expect(world.made).toHaveLength(1);
  });

  it('should ask it again when it has been at work since', async () => {
    world.run('b', { connections: 2 });
    await look();
    world.fleet.setLooking(false);
    vi.setSystemTime(NOW_MS + 60_000);
    const last_activity = new Date(NOW_MS + 30_000).toISOString();
    const [session] = world.sessions.models;
    world.sessions.models = [
      { ...session, kernel: { ...session?.kernel, last_activity } }
    ] as Session.IModel[];
    await look();
    expect(world.made).toHaveLength(2);
  });

  it('should ask a kernel that nobody is connected to only when a person says so', async () => {
    world.run('b');
    await look();
    expect(world.made).toEqual([]);
    expect(world.fleet.kernels[0]).toMatchObject({
      monitor: null,
      glance: null,
      connections: 0
    });
    const asking = world.fleet.glanceAt('b');
    expect(world.fleet.kernels[0]?.isBeingAsked).toBe(true);
    void world.fleet.glanceAt('b');
    await asking;
    expect(world.made).toHaveLength(1);
    expect(world.fleet.kernels[0]).toMatchObject({
      isBeingAsked: false,
      glance: { failure: null, takenMs: NOW_MS }
    });
  });

  it('should say that a kernel gave no answer', async () => {
    world.run('b');
    await look();
    const asking = world.fleet.glanceAt('b');
    world.made.forEach(each => {
      each.answer = null;
    });
    await vi.advanceTimersByTimeAsync(20_000);
    await asking;
    expect(world.fleet.kernels[0]?.glance).toMatchObject({
      reading: null,
      failure: ''
    });
    expect(world.made[0]?.isDisposed).toBe(true);
  });

  it('should show what a kernel tells of processes, and how old that is', async () => {
    const connection = world.open('a');
    await look();
    expect(world.fleet.survey).toBeNull();
    expect(world.fleet.hasReporter).toBe(true);
    world.agents.get('a')?.push(connection, { processes: SURVEY });
    expect(world.fleet.survey?.processes).toHaveLength(3);
    expect(world.fleet.isSurveyStale(Date.now())).toBe(false);
  });

  it('should have another kernel tell when the one that tells is stuck', async () => {
    const [stuck, other] = [world.open('a'), world.open('b')];
    await look();
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
    await look();
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
    await look();
    world.fleet.setLooking(false);
    await turns();
    expect(other.operations).toEqual(['attach', 'detach']);
    expect(active.operations).toEqual(['attach', 'attach', 'attach']);
    expect(active.requests[2]).not.toHaveProperty('leftover_bytes');
  });

  it('should tell a kernel that was never active to rest by one request', async () => {
    const only = world.open('a');
    await look();
    expect(only.requests[0]).toHaveProperty('leftover_bytes');
    world.fleet.setLooking(false);
    await turns();
    expect(only.operations).toEqual(['attach', 'detach']);
  });

  it('should follow what is opened and what ends', async () => {
    world.open('a');
    await look();
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

  describe('#clear()', () => {
    it('should clear a kernel of this page by its own connection', async () => {
      const connection = world.open('a');
      await look();
      const clearing = world.fleet.clear('a');
      await turns();
      expect(await clearing).toBeNull();
      expect(connection.operations).toEqual(['attach', 'clear']);
      expect(world.made).toEqual([]);
    });

    it('should clear one that is open nowhere, and show what it said then', async () => {
      world.run('b');
      await look();
      const clearing = world.fleet.clear('b');
      await turns();
      expect(await clearing).toBeNull();
      expect(world.made[0]?.operations).toEqual(['clear']);
      expect(world.made[0]?.isDisposed).toBe(true);
      expect(world.fleet.kernels[0]?.glance?.reading).not.toBeNull();
    });
  });

  describe('#stop()', () => {
    it('should ask the kernel that listed the process', async () => {
      const connection = world.open('a');
      await look();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      const stopping = world.fleet.stop(listed, false);
      await turns();
      expect(await stopping).toMatchObject({ hasEnded: false });
      expect(connection.requests.slice(1)).toEqual([
        {
          op: 'stop',
          pid: 77,
          identity: listed.identity,
          force: false
        },
        { op: 'processes', leftover_bytes: 200 * 2 ** 20 }
      ]);
      expect(world.fleet.pendingStop(listed.identity ?? '')).toEqual({
        mayKillMs: NOW_MS + 5000
      });
    });

    it('should keep the time of the first request', async () => {
      const connection = world.open('a');
      await look();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      for (const passedMs of [3000, 6000]) {
        const stopping = world.fleet.stop(listed, false);
        await turns();
        await stopping;
        vi.setSystemTime(NOW_MS + passedMs);
      }
      const pending = world.fleet.pendingStop(listed.identity ?? '');
      expect(pending?.mayKillMs).toBe(NOW_MS + 5000);
    });

    it('should forget a process that is listed no more', async () => {
      const connection = world.open('a');
      await look();
      const agent = world.agents.get('a');
      agent?.push(connection, { processes: SURVEY });
      const stopping = world.fleet.stop(listed, false);
      await turns();
      await stopping;
      agent?.push(connection, {
        processes: { ...SURVEY, time: NOW_MS / 1000 + 1, processes: [] }
      });
      expect(world.fleet.pendingStop(listed.identity ?? '')).toBeNull();
    });

    it('should refuse what nobody has listed, or may not be stopped', async () => {
      await look();
      await expect(world.fleet.stop(listed, false)).rejects.toThrow('is gone');
      const connection = world.open('a');
      world.opened.emit();
      await turns();
      world.agents.get('a')?.push(connection, { processes: SURVEY });
      const unstoppable = { ...listed, identity: null };
      await expect(world.fleet.stop(unstoppable, false)).rejects.toThrow();
      expect(connection.operations).toEqual(['attach']);
    });
  });

  it('should leave no listener behind', async () => {
    const connection = world.open('a');
    await look();
    world.dispose();
    expect(connection.iopubMessage.listeners).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });
});
