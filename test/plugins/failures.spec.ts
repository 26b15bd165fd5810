import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { MockInstance } from 'vitest';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { IHoldings } from '../../src/core/wire/generated';
import type { IActiveTarget } from '../../src/model/tokens';
import { failuresPlugin } from '../../src/plugins/oom';
import type {
  IActiveDocument,
  IExplanations,
  KernelWidget
} from '../../src/plugins/tokens';
import { CommandIDs } from '../../src/plugins/tokens';
import { messageOf, readingOf } from '../core/oom/kernel';
import { FakeConnection } from '../kernel/connection';
import { FakeSettings } from '../model/page';
import { draw, eraseAll } from '../views/draw';
import { FakeMonitor } from '../views/fake';
import { FakeDocument } from './lab';

const FULL = messageOf({ tried: 1, free: 0.5, allocated: 78 });
const GIB = 2 ** 30;

/** A code cell of a notebook, as far as the plugin looks at one. */
function cellOf(requestId: string): object {
  const node = document.createElement('div');
  node.innerHTML = '<div class="jp-CellFooter"></div>';
  const cell = {
    node,
    isDisposed: false,
    outputArea: { future: { msg: { header: { msg_id: requestId } } } }
  };
  return Object.assign(cell, { disposed: new Signal(cell) });
}

describe('failuresPlugin', () => {
  let document_: FakeDocument;
  let cell: { node: HTMLElement };
  let monitor: FakeMonitor;
  let source: FakeSettings;
  let explanations: IExplanations;
  let executed: string[];
  let announce: MockInstance<typeof Notification.error>;

  function tell(type: string, content: object, request = 'r1'): void {
    document_.sessionContext.iopubMessage.emit({
      header: { msg_type: type },
      parent_header: { msg_id: request },
      content
    });
  }

  function raise(evalue: string): void {
    tell('error', { ename: 'OutOfMemoryError', evalue, traceback: [] });
  }

  function target(): IActiveTarget {
    return { title: 'a.ipynb', monitor, hasDocument: true };
  }

  const line = (): HTMLElement | null =>
    cell.node.querySelector('.jp-VramFailureLine');

  beforeEach(async () => {
    eraseAll();
    announce = vi.spyOn(Notification, 'error').mockReturnValue('n');
    vi.spyOn(Notification, 'dismiss').mockReturnValue();
    Element.prototype.scrollIntoView = vi.fn();
    const connection = new FakeConnection();
    document_ = new FakeDocument('a.ipynb', connection);
    cell = cellOf('r1') as typeof cell;
    document_.content.widgets.push(cellOf('r0'), cell);
    monitor = new FakeMonitor({ kernelId: connection.id });
    source = new FakeSettings();
    executed = [];
    const commands = new CommandRegistry();
    for (const id of [CommandIDs.clear, CommandIDs.open]) {
      commands.addCommand(id, {
        execute: ({ document }) =>
          executed.push(
            typeof document === 'string' ? `${id} of ${document}` : id
          )
      });
    }
    document_.id = 'its widget';
    const widget = document_ as unknown as KernelWidget;
    const active = {
      current: widget,
      ofKernel: (id: string) => (id === connection.id ? widget : null),
      withId: (id: string) => (id === widget.id ? widget : null)
    };
    const changed = new Signal<IActiveDocument, void>(
      active as IActiveDocument
    );
    explanations = await failuresPlugin.activate(
      {
        commands,
        shell: { activateById: (id: string) => executed.push(`front: ${id}`) }
      } as unknown as JupyterFrontEnd,
      { monitorOf: () => monitor },
      Object.assign(active, { changed }),
      source,
      null,
      null
    );
  });

  it('should announce an error, and offer to clear and to explain', async () => {
    raise(FULL);
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
    const [sentence, options] = announce.mock.calls[0] ?? [];
    expect(sentence).toMatch(/^[^:]+\.ipynb: .*The card is full/);
    const actions = options?.actions ?? [];
    expect(actions.map(({ label }) => label)).toEqual(['Clear', 'Explain']);
    actions.forEach(({ callback }) => callback(new MouseEvent('click')));
    expect(executed).toEqual([
      `${CommandIDs.clear} of its widget`,
      'front: its widget',
      CommandIDs.open
    ]);
  });

  it('should put a line below the cell that failed, until it runs again', async () => {
    raise(FULL);
    await vi.waitFor(() => expect(line()).not.toBeNull());
    expect(line()?.textContent).toContain('The card is full');
    expect(line()?.nextElementSibling?.className).toBe('jp-CellFooter');
    tell('execute_input', {}, 'r0');
    expect(line()).not.toBeNull();
    tell('execute_input', {});
    expect(line()).toBeNull();
  });

  it('should follow the settings', async () => {
    raise(FULL);
    await vi.waitFor(() => expect(line()).not.toBeNull());
    source.change({ oomLine: false, notifications: false });
    expect(line()).toBeNull();
    raise(FULL);
    await vi.waitFor(() =>
      expect(explanations.latest(target())).not.toBeNull()
    );
    expect(line()).toBeNull();
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it('should say nothing of other errors', async () => {
    raise('CUDA error: an illegal memory access was encountered');
    raise(FULL);
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
    expect(announce.mock.calls[0]?.[0]).toContain('card is full');
  });

  it('should explain what a kernel said before it died, and offer no clearing', async () => {
    tell('stream', {
      name: 'stderr',
      text: 'Error out of memory at line 380 in file /src/a.c\n'
    });
    document_.sessionContext.statusChanged.emit('autorestarting');
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
    const { actions = [] } = announce.mock.calls[0]?.[1] ?? {};
    expect(actions.map(({ label }) => label)).toEqual(['Explain']);
    expect(monitor.asked).toEqual([]);
  });

  it('should ask the kernel who holds its memory once somebody looks', async () => {
    const held = { name: 'Out[7]', kind: 'output', bytes: 30 * GIB };
    const { holdings } = monitor;
    const found = {
      holders: [{ ...held, release: 'x()' }],
      ...{ devices: [], isComplete: true, seconds: 0 }
    } as unknown as IHoldings;
    vi.spyOn(holdings, 'ask').mockImplementation(async () => {
      holdings.found = found;
      return Promise.resolve();
    });
    monitor.answer = () => 'expandable_segments:True';
    raise(messageOf({ tried: 40, free: 26, allocated: 53 }));
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
    expect(monitor.asked).toEqual([]);
    await vi.waitFor(async () => {
      const element = explanations.latest(target());
      expect(element && (await draw(element)).textContent).toContain(
        '`Out[7]`'.replace(/`/g, '')
      );
    });
    expect(holdings.ask).toHaveBeenCalledTimes(1);
    expect(monitor.asked).toEqual([{ op: 'failure' }]);
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it('should explain without what the kernel does not answer', async () => {
    monitor.answer = () => {
      throw new Error('No answer');
    };
    raise(FULL);
    await vi.waitFor(async () => {
      const element = explanations.latest(target());
      expect(element && (await draw(element)).textContent).toContain(
        'The card is full'
      );
    });
  });

  describe('the card', () => {
    const HELD = { name: 'opt', kind: 'variable', bytes: 30 * GIB };

    /** A search that found these holders. */
    function find(...holders: object[]): IHoldings {
      return {
        holders: holders.map(each => ({ release: 'x()', ...each })),
        ...{ devices: [], isComplete: true, seconds: 0 }
      } as unknown as IHoldings;
    }

    async function drawn(): Promise<string> {
      const element = explanations.latest(target());
      return (element && (await draw(element)).textContent) ?? '';
    }

    async function shows(text: string): Promise<void> {
      await vi.waitFor(async () => expect(await drawn()).toContain(text));
    }

    beforeEach(async () => {
      const { holdings } = monitor;
      vi.spyOn(holdings, 'ask').mockImplementation(async () => {
        holdings.found = find(HELD, { ...HELD, name: 'out' });
        return Promise.resolve();
      });
      raise(messageOf({ tried: 40, free: 26, allocated: 53 }));
      await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
      await shows('opt holds 30.0 GiB');
    });

    it('should speak of no variable any more once a later cell begins', async () => {
      tell('execute_input', {}, 'r2');
      const text = await drawn();
      expect(text).toContain('This is about an earlier cell: 1 cell');
      expect(text).not.toMatch(/opt|out holds/);
      for (let cell = 3; cell < 17; cell += 1) {
        tell('execute_input', {}, `r${cell}`);
      }
      monitor.tell({});
      expect(await drawn()).toContain('15 cells have begun since.');
      expect(await drawn()).not.toContain('opt');
      expect(monitor.holdings.ask).toHaveBeenCalledTimes(1);
    });

    it('should follow what the kernel says after a release', async () => {
      const { holdings } = monitor;
      holdings.isAsking = true;
      monitor.tell({});
      expect(await drawn()).not.toContain('opt');
      holdings.isAsking = false;
      holdings.found = find({ ...HELD, name: 'out' });
      monitor.tell({});
      await shows('out holds 30.0 GiB');
      expect(await drawn()).not.toContain('opt');
    });

    it('should offer the tracebacks only where one holds something', async () => {
      expect(await drawn()).not.toContain('Release tracebacks');
      const failed = { name: 'f() in the last traceback', kind: 'traceback' };
      monitor.holdings.found = find({ ...HELD, ...failed });
      monitor.tell({});
      await shows('Release tracebacks');
      tell('error', { ename: 'KeyError', evalue: 'a', traceback: [] }, 'r1');
      expect(await drawn()).not.toContain('Release tracebacks');
    });

    it('should offer nothing of a kernel that has restarted', async () => {
      document_.sessionContext.statusChanged.emit('restarting');
      const text = await drawn();
      expect(text).toContain('the kernel has restarted');
      expect(text).not.toMatch(/opt|Release|Clear|Restart kernel/);
    });

    it('should come into view once, and take no focus', async () => {
      const scroll = vi.mocked(Element.prototype.scrollIntoView);
      const focused = document.activeElement;
      scroll.mockClear();
      raise(messageOf({ tried: 40, free: 26, allocated: 53 }));
      await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(2));
      await drawn();
      await vi.waitFor(() => expect(scroll).toHaveBeenCalledTimes(1));
      await drawn();
      monitor.tell({});
      await drawn();
      expect(scroll).toHaveBeenCalledTimes(1);
      expect(document.activeElement).toBe(focused);
    });
  });

  it('should offer to clear only where there is something to clear', async () => {
    const labels = (): string[] =>
      (announce.mock.lastCall?.[1]?.actions ?? []).map(
        ({ label }: { label: string }) => label
      );
    const jax = `RESOURCE_EXHAUSTED: Out of memory while trying to allocate ${2 * GIB} bytes.`;
    monitor.reading = null;
    raise(jax);
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(1));
    expect(labels()).toEqual(['Explain']);
    monitor.reading = readingOf({ reservedBytes: 70 * GIB });
    raise(jax);
    await vi.waitFor(() => expect(announce).toHaveBeenCalledTimes(2));
    expect(announce.mock.lastCall?.[0]).toContain('holds 70.0 GiB; Clear');
    expect(labels()).toEqual(['Clear', 'Explain']);
  });
});
