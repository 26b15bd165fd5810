// @vitest-environment node
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { english } from '../../src/core/text/translation';
import type { Monitor } from '../../src/model/monitor';
import { Monitors } from '../../src/model/monitors';
import type { IFinishedCell, IRaisedWarning } from '../../src/model/tokens';
import { RECORD } from '../core/wire';
import { FakeConnection } from '../kernel/connection';
import { documentOf, FakeContext } from './document';
import { FakeAgent, FakeSettings, LEAKS, ROOMY, turns } from './page';

describe('Monitors', () => {
  let agent: FakeAgent;
  let source: FakeSettings;
  let monitors: Monitors;
  let changes: number;

  const served = (id: string): FakeConnection => {
    const connection = new FakeConnection({ id });
    agent.serve(connection);
    return connection;
  };
  const monitorOf = (id: string): Monitor => {
    const monitor = monitors.monitorOf(id);
    if (!monitor) {
      throw new Error(`No monitor of ${id}`);
    }
    return monitor as Monitor;
  };

  beforeEach(() => {
    agent = new FakeAgent();
    source = new FakeSettings();
    monitors = new Monitors({ source, viewer: 'page-1', translate: english });
    changes = 0;
    monitors.targetChanged.connect(() => changes++);
  });

  afterEach(() => monitors.dispose());

  describe('#follow()', () => {
    it('should make a monitor that asks nothing and is not the target', async () => {
      const connection = served('k1');
      monitors.setLooking(true);
      monitors.follow(new FakeContext(connection).context);
      await turns();
      expect(monitorOf('k1').status).toBe('asleep');
      expect(connection.executes).toEqual([]);
      expect(monitors.target.monitor).toBeNull();
      expect(monitors.wasActive('k1')).toBe(false);
    });

    it('should follow a document once, however often it is told to', () => {
      const context = new FakeContext(served('k1'));
      monitors.follow(context.context);
      const { listeners } = context;
      monitors.follow(context.context);
      monitors.activate(documentOf(context));
      expect(context.listeners).toBe(listeners);
    });

    it('should know which were active while somebody looked', () => {
      const context = new FakeContext(served('k1'));
      monitors.activate(documentOf(context));
      expect(monitors.wasActive('k1')).toBe(false);
      monitors.setLooking(true);
      expect(monitors.wasActive('k1')).toBe(true);
    });
  });

  describe('#target', () => {
    it('should be nothing without a document', () => {
      const nothing = { title: '', monitor: null, hasDocument: false };
      expect(monitors.target).toEqual(nothing);
      monitors.activate(documentOf(new FakeContext()));
      monitors.activate(null);
      expect(monitors.target).toEqual(nothing);
      expect(changes).toBe(2);
    });

    it('should have no monitor as long as there is no kernel', () => {
      const context = new FakeContext();
      monitors.activate(documentOf(context));
      expect(monitors.target).toEqual({
        title: 'finetune.ipynb',
        monitor: null,
        hasDocument: true
      });
      context.setKernel(served('k1'));
      expect(changes).toBe(2);
      expect(monitors.target.monitor).toBe(monitorOf('k1'));
    });

    it('should follow the active document, and know the others', () => {
      const one = documentOf(new FakeContext(served('k1')), 'one.ipynb');
      const two = documentOf(new FakeContext(served('k2')), 'two.ipynb');
      monitors.activate(one);
      const first = monitors.target.monitor;
      monitors.activate(two);
      expect(monitors.target.title).toBe('two.ipynb');
      expect(monitors.target.monitor).toBe(monitorOf('k2'));
      monitors.activate(one);
      expect(monitors.target.monitor).toBe(first);
    });

    it('should follow a change of kernel', () => {
      const old = served('k1');
      const context = new FakeContext(old);
      monitors.activate(documentOf(context));
      const first = monitorOf('k1');
      context.setKernel(served('k2'));
      expect(monitors.target.monitor?.kernelId).toBe('k2');
      expect(monitors.monitorOf('k1')).toBeNull();
      expect(first.isDisposed).toBe(true);
      expect(old.listeners).toBe(0);
      context.setKernel(null);
      expect(monitors.target.monitor).toBeNull();
      expect(monitors.monitorOf('k2')).toBeNull();
    });

    it('should not tell of a change elsewhere', () => {
      const context = new FakeContext(served('k1'));
      monitors.activate(documentOf(context));
      monitors.activate(documentOf(new FakeContext(served('k2'))));
      changes = 0;
      context.setKernel(served('k3'));
      expect(changes).toBe(0);
      expect(monitorOf('k3').status).not.toBe('attached');
    });

    it('should be nothing when the active document closes', () => {
      const context = new FakeContext(served('k1'));
      monitors.activate(documentOf(context));
      const monitor = monitorOf('k1');
      context.dispose();
      expect(monitors.target.hasDocument).toBe(false);
      expect(monitor.isDisposed).toBe(true);
      expect(context.listeners).toBe(0);
    });

    it('should have no monitor when the kernel has been shut down', () => {
      const connection = served('k1');
      monitors.activate(documentOf(new FakeContext(connection)));
      changes = 0;
      connection.dispose();
      expect(monitors.target.monitor).toBeNull();
      expect(changes).toBe(1);
    });
  });

  describe('with two notebooks on one kernel', () => {
    let first: FakeConnection;
    let second: FakeConnection;
    let contexts: FakeContext[];

    beforeEach(async () => {
      monitors.setLooking(true);
      first = served('k1');
      second = served('k1');
      contexts = [new FakeContext(first), new FakeContext(second)];
      contexts.forEach(context => monitors.activate(documentOf(context)));
      await turns();
    });

    it('should have one monitor, which asks once', () => {
      expect(monitors.target.monitor).toBe(monitorOf('k1'));
      expect(first.operations).toEqual(['attach']);
      expect(second.operations).toEqual([]);
    });

    it('should keep it, and its history, until both are closed', async () => {
      const monitor = monitorOf('k1');
      const sequence = monitor.samples('cuda:0').length;
      contexts[0]?.dispose();
      expect(monitor.isDisposed).toBe(false);
      agent.push(second);
      expect(monitor.samples('cuda:0')).toHaveLength(sequence + 1);
      expect(monitor.status).toBe('attached');
      contexts[1]?.dispose();
      expect(monitor.isDisposed).toBe(true);
      expect(monitors.monitorOf('k1')).toBeNull();
      await turns();
      expect(second.operations).toEqual([]);
    });
  });

  describe('#setLooking()', () => {
    it('should ask no kernel as long as nobody looks', async () => {
      const connection = served('k1');
      monitors.activate(documentOf(new FakeContext(connection)));
      await turns();
      expect(connection.operations).toEqual([]);
      monitors.setLooking(true);
      monitors.setLooking(true);
      await turns();
      expect(connection.operations).toEqual(['attach']);
    });

    it('should attach to the kernel that becomes active', async () => {
      monitors.setLooking(true);
      const one = served('k1');
      const two = served('k2');
      monitors.activate(documentOf(new FakeContext(one)));
      monitors.activate(documentOf(new FakeContext(two)));
      await turns();
      expect(one.operations).toEqual(['attach']);
      expect(two.operations).toEqual(['attach']);
    });

    it('should attach to a kernel that comes later', async () => {
      monitors.setLooking(true);
      const context = new FakeContext();
      monitors.activate(documentOf(context));
      const connection = served('k1');
      context.setKernel(connection);
      await turns();
      expect(connection.operations).toEqual(['attach']);
    });

    it('should let every monitor sleep when nobody looks any more', async () => {
      monitors.setLooking(true);
      const connections = [served('k1'), served('k2')];
      for (const connection of connections) {
        monitors.activate(documentOf(new FakeContext(connection)));
      }
      await turns();
      monitors.setLooking(false);
      await turns();
      expect(monitorOf('k1').status).toBe('asleep');
      expect(monitorOf('k2').status).toBe('asleep');
    });
  });

  it('should pass on what any monitor tells', async () => {
    const raised: IRaisedWarning[] = [];
    const finished: IFinishedCell[] = [];
    const rejected: string[] = [];
    monitors.warningRaised.connect((_, each) => raised.push(each));
    monitors.cellFinished.connect((_, each) => finished.push(each));
    monitors.messageRejected.connect((_, each) => rejected.push(each));
    monitors.setLooking(true);
    const connection = served('k1');
    monitors.activate(documentOf(new FakeContext(connection)));
    monitors.activate(documentOf(new FakeContext(served('k2'))));
    await turns();
    agent.push(connection, { ...LEAKS, finished: RECORD }, ROOMY);
    connection.push('nonsense');
    const monitor = monitorOf('k1');
    expect(raised).toHaveLength(1);
    expect(raised[0]?.monitor).toBe(monitor);
    expect(raised[0]?.warning.kind).toBe('not-freed');
    expect(finished).toHaveLength(1);
    expect(finished[0]?.monitor).toBe(monitor);
    expect(finished[0]?.record).toBe(monitor.records[0]);
    expect(rejected).toHaveLength(1);
  });

  describe('#dispose()', () => {
    it('should let go of every document, kernel and setting', () => {
      const connection = served('k1');
      const context = new FakeContext(connection);
      monitors.activate(documentOf(context));
      const monitor = monitorOf('k1');
      monitors.dispose();
      monitors.dispose();
      expect(monitor.isDisposed).toBe(true);
      expect(monitors.isDisposed).toBe(true);
      expect(monitors.monitorOf('k1')).toBeNull();
      expect(context.listeners).toBe(0);
      expect(source.settingsChanged.listeners).toBe(0);
      changes = 0;
      connection.dispose();
      context.setKernel(null);
      expect(changes).toBe(0);
    });
  });
});
