import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { IMonitors } from '../../src/model/tokens';
import { monitorsPlugin } from '../../src/plugins/monitors';
import { ISettingsStore } from '../../src/plugins/settings';
import { IActiveDocument } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { FakeAgent, turns } from '../model/page';
import { Lab } from './lab';

describe('panelPlugin', () => {
  let lab: Lab;
  let agent: FakeAgent;
  let connection: FakeConnection;
  let panel: Widget;

  beforeEach(async () => {
    lab = new Lab();
    agent = new FakeAgent();
    connection = new FakeConnection();
    agent.serve(connection);
    await lab.start();
    const [added] = lab.shell.added;
    if (!added) {
      throw new Error('There is no panel');
    }
    panel = added;
    lab.open(connection);
    await turns();
  });

  afterEach(() => panel.dispose());

  it('should ask no kernel as long as the panel is closed', () => {
    expect(connection.operations).toEqual([]);
  });

  it('should watch while the panel is shown, and only then', async () => {
    Widget.attach(panel, document.body);
    await turns();
    expect(connection.operations).toEqual(['attach']);
    panel.hide();
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach']);
    panel.show();
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
    Widget.detach(panel);
    await turns();
    expect(connection.operations).toHaveLength(4);
  });

  it('should watch behind a closed panel when the settings say so, at once', async () => {
    lab.stored.change({ watchWhenClosed: true });
    await turns();
    expect(connection.operations).toEqual(['attach']);
    lab.stored.change({ watchWhenClosed: false });
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach']);
  });
});

describe('A page', () => {
  let lab: Lab;
  let connection: FakeConnection;

  beforeEach(async () => {
    lab = new Lab();
    connection = new FakeConnection();
    new FakeAgent().serve(connection);
    await lab.start();
    lab.open(connection);
    lab.stored.change({ watchWhenClosed: true });
    await turns();
  });

  afterEach(() => {
    vi.useRealTimers();
    lab.stored.change({ watchWhenClosed: false });
  });

  it('should tell the kernel in the moment in which it goes away', () => {
    window.dispatchEvent(new Event('pagehide'));
    expect(connection.operations).toEqual(['attach', 'detach']);
  });

  it('should watch again when the browser brings it back, and not when it is loaded', async () => {
    window.dispatchEvent(new Event('pagehide'));
    window.dispatchEvent(new Event('pageshow'));
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach']);
    const back = Object.assign(new Event('pageshow'), { persisted: true });
    window.dispatchEvent(back);
    await turns();
    expect(connection.operations).toEqual(['attach', 'detach', 'attach']);
  });

  it.each(['pointerdown', 'keydown', 'visibilitychange'])(
    'should know by %s that a person is there',
    async act => {
      vi.useFakeTimers({ now: Date.now() + 600_000, toFake: ['Date'] });
      const cell = document.body.appendChild(document.createElement('div'));
      cell.addEventListener(act, event => event.stopPropagation());
      const at = act === 'visibilitychange' ? document : cell;
      at.dispatchEvent(new Event(act, { bubbles: true }));
      await turns();
      expect(connection.operations).toEqual(['attach', 'attach']);
      cell.remove();
    }
  );
});

describe('monitorsPlugin', () => {
  let lab: Lab;

  beforeEach(async () => {
    lab = new Lab();
    await lab.start();
  });

  it('should follow the active document and its title', () => {
    const { target } = lab.service(IMonitors);
    expect(target.hasDocument).toBe(false);
    const notebook = lab.open(new FakeConnection(), 'one.ipynb');
    expect(lab.service(IMonitors).target.title).toBe('one.ipynb');
    expect(lab.service(IMonitors).target.monitor?.kernelId).toBe('kernel-1');
    notebook.title.label = 'renamed.ipynb';
    expect(lab.service(IMonitors).target.title).toBe('renamed.ipynb');
    lab.notebooks.close(notebook);
    expect(lab.service(IMonitors).target.hasDocument).toBe(false);
  });

  it('should log a malformed message with the document it is about', async () => {
    const log = vi.fn<(entry: { data: string }) => void>();
    const warn = vi.spyOn(console, 'warn').mockReturnValue();
    const getLogger = vi.fn(() => ({ log }));
    const connection = new FakeConnection();
    new FakeAgent().serve(connection);
    lab.open(connection);
    const monitors = await monitorsPlugin.activate(
      {} as JupyterFrontEnd,
      lab.service(ISettingsStore),
      lab.service(IActiveDocument),
      null,
      { getLogger }
    );
    monitors.setLooking(true);
    await turns();
    connection.push({ schema: '<img src=x>' });
    expect(getLogger).toHaveBeenCalledWith('finetune.ipynb');
    expect(log).toHaveBeenCalledTimes(1);
    const [entry] = log.mock.calls[0] ?? [];
    expect(entry).toMatchObject({ type: 'text', level: 'warning' });
    expect(entry?.data).toMatch(/^VRAM: .*schema/);
    // The monitors of the lab, which has no log console, heard it too.
    expect(warn.mock.calls).toEqual([[entry?.data]]);
  });
});
