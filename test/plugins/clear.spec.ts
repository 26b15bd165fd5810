import { Notification } from '@jupyterlab/apputils';
import type { MockInstance } from 'vitest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { CommandIDs } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, turns } from '../model/page';
import type { FakeDocument } from './lab';
import { Lab } from './lab';

describe('clearPlugin', () => {
  let lab: Lab;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let notebook: FakeDocument;
  let warn: MockInstance<typeof Notification.warning>;

  const clear = async (how?: string): Promise<void> => {
    await lab.commands.execute(CommandIDs.clear, how ? { how } : {});
  };
  /** What was said to the person, if anything. */
  const said = (): unknown[] => warn.mock.calls.map(([sentence]) => sentence);

  beforeEach(async () => {
    warn = vi.spyOn(Notification, 'warning').mockReturnValue('id');
    lab = new Lab();
    agent = new FakeAgent();
    connection = new FakeConnection();
    agent.serve(connection);
    await lab.start();
    lab.stored.change({ watchWhenClosed: true });
    notebook = lab.open(connection);
    notebook.id = 'a notebook';
    await turns();
  });

  afterEach(() => notebook.dispose());

  it('should clear quietly when told to', async () => {
    await clear('quietly');
    expect(connection.operations).toEqual(['attach', 'clear']);
    expect(said()).toEqual([]);
  });

  it('should do what the settings say when not told how', async () => {
    lab.stored.change({ clearAction: 'quietly' });
    await clear();
    await clear('no such way');
    expect(connection.operations).toEqual(['attach', 'clear', 'clear']);
  });

  it('should clear though nobody looks', async () => {
    lab.stored.change({ watchWhenClosed: false });
    await turns();
    await clear('quietly');
    expect(connection.operations).toEqual(['attach', 'detach', 'clear']);
    expect(said()).toEqual([]);
  });

  it('should clear the document that is named, whichever is in front', async () => {
    const other = new FakeConnection({ id: 'kernel-2' });
    agent.serve(other);
    lab.open(other, 'other.ipynb');
    await turns();
    const before = other.operations.length;
    await lab.commands.execute(CommandIDs.clear, {
      how: 'quietly',
      document: notebook.id
    });
    expect(connection.operations).toContain('clear');
    expect(other.operations).toHaveLength(before);
    await lab.commands.execute(CommandIDs.clear, {
      how: 'restart',
      document: notebook.id
    });
    expect(lab.restarts).toEqual([notebook.sessionContext]);
  });

  it('should clear nothing when the document that is named is closed', async () => {
    await lab.commands.execute(CommandIDs.clear, {
      how: 'quietly',
      document: 'one that was closed'
    });
    expect(connection.operations).toEqual(['attach']);
    expect(said()).toEqual([
      'There is no kernel whose memory could be cleared.'
    ]);
  });

  it('should restart the kernel through the dialog of JupyterLab', async () => {
    await clear('restart');
    expect(lab.restarts).toEqual([notebook.sessionContext]);
    expect(connection.operations).toEqual(['attach']);
  });

  it('should take a second click for the first one', async () => {
    await Promise.all([clear('quietly'), clear('quietly')]);
    expect(connection.operations).toEqual(['attach', 'clear']);
    await clear('quietly');
    expect(connection.operations).toEqual(['attach', 'clear', 'clear']);
  });

  it('should say why the agent refused', async () => {
    agent.top = { kind: 'refused', reason: 'A cell is running.' };
    await clear('quietly');
    expect(said()).toEqual(['A cell is running.']);
  });

  it('should say that the answer made no sense, and work again', async () => {
    agent.top = { boot: null };
    await clear('quietly');
    expect(said()).toEqual([
      expect.stringMatching(/^The kernel did not clear its memory: .*`boot`/)
    ]);
    agent.top = {};
    await clear('quietly');
    expect(said()).toHaveLength(1);
  });

  describe('should refuse, and ask nothing,', () => {
    afterEach(() => {
      expect(connection.operations).toEqual(['attach']);
      expect(said()).toHaveLength(1);
    });

    it('while a cell is running', async () => {
      connection.say('busy');
      await clear('quietly');
      expect(said()).toEqual(['A cell is running. Clear when it ends.']);
    });

    it('while a CUDA graph is being captured', async () => {
      agent.push(connection, {
        reading: { ...(agent.message().reading as object), capturing: true }
      });
      await clear('quietly');
      expect(said()[0]).toMatch(/CUDA graph is being captured/);
    });

    it('when the kernel holds nothing', async () => {
      const reading = agent.message().reading as object;
      agent.push(connection, {
        reading: { ...reading, state: 'no-torch', devices: [] }
      });
      await clear('insert-and-run');
      expect(said()[0]).toMatch(/nothing to clear/);
    });

    it('when there is no kernel', async () => {
      lab.open();
      await clear();
      expect(said()[0]).toMatch(/no kernel/);
    });
  });

  it('should refuse when the kernel is not Python', async () => {
    const julia = new FakeConnection({
      id: 'kernel-2',
      name: 'julia-1.11',
      info: Promise.resolve({ language_info: { name: 'julia' } })
    });
    lab.open(julia);
    await turns();
    await clear('insert-only');
    expect(said()).toEqual([
      'GPU memory can be cleared in Python kernels only.'
    ]);
    expect(julia.executes).toEqual([]);
  });

  it('should try to connect again on command', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const failing = new FakeConnection({
      id: 'kernel-2',
      answer: () => agent.message({ kind: 'refused', reason: 'No shell' })
    });
    lab.open(failing);
    await turns();
    expect(warn).toHaveBeenCalledWith('VRAM: No shell');
    agent.serve(failing);
    await lab.commands.execute(CommandIDs.retry);
    await turns();
    expect(failing.operations).toEqual(['attach', 'attach']);
  });

  it('should switch on the practice device on command', async () => {
    await lab.commands.execute(CommandIDs.usePractice);
    await turns();
    expect(connection.requests[1]).toMatchObject({
      op: 'attach',
      practice: true
    });
    expect(lab.stored.stored).toEqual([['practiceDevice', true]]);
  });
});
