import { english } from '../../src/core/text/translation';
import { Attachment } from '../../src/model/attachment';
import { Monitor } from '../../src/model/monitor';
import type { ISettings, ISettingsSource } from '../../src/model/settings';
import { DEFAULT_SETTINGS } from '../../src/model/settings';
import type { Json } from '../core/wire';
import { message } from '../core/wire';
import { CountedSignal, FakeConnection } from '../kernel/connection';

const GIB = 2 ** 30;

/** A deleted name whose 2 GiB are still alive, as a message tells it. */
export const LEAKS = {
  leaks: [
    {
      id: 1,
      run: 1,
      execution_count: 6,
      name: 'model',
      how: 'deleted',
      device: 'cuda:0',
      held_bytes: 2 * GIB,
      alive_bytes: 2 * GIB,
      held_by: ['history']
    }
  ]
};

/** A device with enough room that nothing but a leak is wrong with it. */
export const ROOMY = {
  allocated_bytes: 3 * GIB,
  reserved_bytes: 3 * GIB,
  pinned_bytes: 0,
  free_bytes: 70 * GIB,
  total_bytes: 80 * GIB
};

/** Settings that a test changes. */
export class FakeSettings implements ISettingsSource {
  settings: ISettings = DEFAULT_SETTINGS;

  readonly settingsChanged: CountedSignal<ISettingsSource, void> =
    new CountedSignal(this);

  change(change: Partial<ISettings>): void {
    this.settings = { ...this.settings, ...change };
    this.settingsChanged.emit();
  }
}

/** An agent that answers over any number of connections, and counts. */
export class FakeAgent {
  boot = 'boot-1';
  sequence = 0;
  /** What its answers hold besides the figures. */
  top: Json = {};
  /** Seconds since the epoch, by the kernel's clock. */
  time = 1_764_000_000;

  /** Let it answer what is asked over `connection`. */
  serve(connection: FakeConnection): void {
    const kinds: Record<string, string> = {
      attach: 'attached',
      detach: 'done',
      clear: 'cleared'
    };
    connection.answer = ({ op }) =>
      this.message({ kind: kinds[op] ?? 'answered', ...this.top });
  }

  /** Its next message, as JSON. */
  message(top: Json = {}, device: Json = {}): Json {
    this.sequence++;
    return message(
      device,
      { boot: this.boot, sequence: this.sequence, ...top },
      { time: this.time }
    );
  }

  push(connection: FakeConnection, top: Json = {}, device: Json = {}): void {
    connection.push(this.message(top, device));
  }
}

/** Let everything happen that waits for nothing but its turn. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) {
    await Promise.resolve();
  }
}

/** One attachment, and all that it is attached to. */
export class AttachedPage {
  constructor() {
    this.agent.serve(this.connection);
    this.attachment.messageReceived.connect((_, each) =>
      this.received.push(each.sequence)
    );
    this.attachment.messageRejected.connect((_, reason) =>
      this.rejected.push(reason)
    );
  }

  readonly agent = new FakeAgent();
  readonly connection = new FakeConnection();
  readonly source = new FakeSettings();
  readonly attachment = new Attachment({
    kernel: this.connection.kernel,
    source: this.source,
    viewer: 'page-1'
  });
  /** The sequence number of each message that was passed on. */
  readonly received: number[] = [];
  readonly rejected: string[] = [];

  async attach(): Promise<void> {
    this.attachment.wake();
    await turns();
  }

  /** What an idle kernel says when somebody else asks it something. */
  async bustle(times = 5): Promise<void> {
    for (let time = 0; time < times; time++) {
      this.connection.say('busy');
      this.connection.say('idle');
      await turns();
    }
  }
}

/** One monitor of a kernel with an agent, and what it told. */
export class MonitoredPage {
  constructor() {
    this.agent.time = Date.now() / 1000;
    this.agent.serve(this.connection);
  }

  readonly agent = new FakeAgent();
  readonly connection = new FakeConnection();
  readonly source = new FakeSettings();
  readonly reports: string[] = [];
  readonly monitor = new Monitor({
    kernel: this.connection.kernel,
    source: this.source,
    viewer: 'page-1',
    translate: english,
    report: reason => this.reports.push(reason)
  });
  /** How often the monitor said that it changed since it was attached. */
  changes = 0;

  async attach(): Promise<void> {
    this.monitor.wake();
    await turns();
    this.monitor.changed.connect(() => this.changes++);
  }

  /** The agent pushes, and what follows from it happens. */
  async push(top: Json = {}): Promise<void> {
    this.agent.push(this.connection, top, ROOMY);
    await turns();
  }

  /** The warnings of the moment. */
  ids(): string[] {
    return this.monitor.warnings.map(({ id }) => id);
  }
}
