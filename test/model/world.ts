import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { english } from '../../src/core/text/translation';
import { ServerKernels } from '../../src/model/server/serverkernels';
import { Monitors } from '../../src/model/monitors';
import type { Json } from '../core/wire';
import fixture from '../fixtures/messages.json';
import { FakeConnection } from '../kernel/connection';
import { documentOf, FakeContext } from './document';
import { FakeAgent, FakeSettings, turns } from './page';

export const SURVEY = fixture.valid.find(each => 'processes' in each)
  ?.processes as Json & { processes: Json[] };
const REPORT = { pid: 77, signal: 'SIGTERM', has_ended: false, grace_s: 5 };
export const NOW_MS = 1_764_000_000_000;

/** The models that a server tells of. */
class Models<T> {
  readonly runningChanged = new Signal<this, unknown>(this);
  models: T[] = [];

  running(): IterableIterator<T> {
    return this.models.values();
  }
}

/** A server, a page of it, and the fleet that the page shows. */
export class World {
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
  readonly fleet = new ServerKernels({
    monitors: this.monitors,
    source: this.source,
    sessions: this.sessions as unknown as ServerKernels.IOptions['sessions'],
    kernels: this.kernels as unknown as ServerKernels.IOptions['kernels'],
    kernelspecs: {
      specs: {
        default: 'python3',
        kernelspecs: {
          python3: { language: 'python' },
          julia: { language: 'julia' }
        }
      }
    } as unknown as ServerKernels.IOptions['kernelspecs'],
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
    lookUp: async id => {
      this.lookedUp.push(id);
      return Promise.resolve(this.present(id));
    },
    mayDropOutput: async kernel => {
      this.warned.push(kernel.kernelId);
      return Promise.resolve(this.isAgreed);
    }
  });
  /** The kernels about which the server was asked. */
  readonly lookedUp: string[] = [];
  /** The kernels about which a person was told what asking costs. */
  readonly warned: string[] = [];
  isAgreed = true;
  /** What the server says of a kernel, which the page may not know yet. */
  present = (id: string): Kernel.IModel | undefined =>
    this.kernels.models.find(model => model.id === id);

  connection(id: string): FakeConnection {
    const connection = new FakeConnection({ id });
    const agent = new FakeAgent();
    this.agents.set(id, agent);
    const kinds: Record<string, string> = {
      attach: 'attached',
      detach: 'done',
      read: 'done',
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

  /** Show the fleet, as a person does. */
  async look(): Promise<void> {
    this.fleet.setLooking(true);
    await turns();
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
