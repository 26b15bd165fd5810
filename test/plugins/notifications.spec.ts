import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { MockInstance } from 'vitest';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { IWarning } from '../../src/core/leaks/warnings/warning';
import type { IMonitors, IRaisedWarning } from '../../src/model/tokens';
import { notificationsPlugin } from '../../src/plugins/notifications';
import type { IActiveDocument } from '../../src/plugins/tokens';
import { CommandIDs } from '../../src/plugins/tokens';
import { FakeConnection } from '../kernel/connection';
import { FakeSettings } from '../model/page';
import { FakeMonitor, warning } from '../views/fake';
import { FakeDocument, FakeShell } from './lab';

describe('notificationsPlugin', () => {
  let source: FakeSettings;
  let monitor: FakeMonitor;
  let raise: (raised: IWarning, monitor?: FakeMonitor) => void;
  let executed: unknown[];
  let announce: MockInstance<typeof Notification.warning>;
  let inform: MockInstance<typeof Notification.info>;
  let dismiss: MockInstance<typeof Notification.dismiss>;
  let open: FakeDocument[];
  let shell: FakeShell;

  /** Press the buttons of the first notification. */
  const press = (...labels: string[]): void => {
    const { actions = [] } = announce.mock.calls[0]?.[1] ?? {};
    for (const label of labels) {
      const action = actions.find(each => each.label === label);
      action?.callback(new MouseEvent('click'));
    }
  };

  const said = (): unknown[] => inform.mock.calls.map(([text]) => text);

  beforeEach(async () => {
    let count = 0;
    announce = vi
      .spyOn(Notification, 'warning')
      .mockImplementation(() => `notification-${++count}`);
    inform = vi.spyOn(Notification, 'info').mockReturnValue('info');
    dismiss = vi.spyOn(Notification, 'dismiss').mockReturnValue();
    source = new FakeSettings();
    monitor = new FakeMonitor();
    shell = new FakeShell();
    open = ['kernel-1', 'kernel-2'].map(id => {
      const connection = new FakeConnection({ id });
      const notebook = new FakeDocument(`of ${id}.ipynb`, connection);
      notebook.id = `widget of ${id}`;
      return notebook;
    });
    const documents = {
      ofKernel: (id: string) =>
        open.find(each => each.sessionContext.session?.kernel?.id === id) ??
        null,
      withId: (id: string) => open.find(each => each.id === id) ?? null
    } as unknown as IActiveDocument;
    const commands = new CommandRegistry();
    executed = [];
    for (const id of [CommandIDs.clear, CommandIDs.open]) {
      commands.addCommand(id, {
        execute: args => executed.push({ id, ...args })
      });
    }
    const monitors = {} as IMonitors;
    const warningRaised = new Signal<IMonitors, IRaisedWarning>(monitors);
    Object.assign(monitors, { warningRaised });
    raise = (raised, where = monitor) => {
      where.warnings = [...where.warnings, raised];
      warningRaised.emit({ monitor: where, warning: raised });
    };
    await notificationsPlugin.activate(
      { commands, shell } as unknown as JupyterFrontEnd,
      monitors,
      documents,
      source,
      null
    );
  });

  it('should announce a warning in its own words, as plain text', () => {
    raise(warning({ sentence: '`del model` freed 0 B of 13.5 GiB.' }));
    expect(announce).toHaveBeenCalledTimes(1);
    const [sentence] = announce.mock.calls[0] ?? [];
    expect(sentence).toBe(
      'of kernel-1.ipynb: del model freed 0 B of 13.5 GiB.'
    );
  });

  it('should leave to the panel what costs nobody anything', () => {
    raise(warning({ severity: 'info' }));
    expect(announce).not.toHaveBeenCalled();
  });

  it('should be silent as long as the settings say so', () => {
    source.change({ notifications: false });
    raise(warning());
    expect(announce).not.toHaveBeenCalled();
    source.change({ notifications: true });
    raise(warning({ id: 'leak-2' }));
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it('should name the notebook of the warning', () => {
    raise(warning(), new FakeMonitor({ kernelId: 'kernel-2' }));
    expect(announce.mock.calls[0]?.[0]).toMatch(
      /^of kernel-2\.ipynb: del model/
    );
  });

  it('should clear the notebook that it names, whichever is in front', () => {
    raise(warning(), new FakeMonitor({ kernelId: 'kernel-2' }));
    press('Clear');
    expect(executed).toEqual([
      { id: CommandIDs.clear, document: 'widget of kernel-2' }
    ]);
  });

  it('should show that notebook, and its panel', () => {
    raise(warning());
    press('Show');
    expect(shell.activated).toEqual(['widget of kernel-1']);
    expect(executed).toEqual([{ id: CommandIDs.open }]);
  });

  it('should say that the notebook is closed, and do nothing', () => {
    raise(warning());
    open.shift();
    press('Clear', 'Show');
    expect(said()).toEqual([
      'of kernel-1.ipynb is closed. Nothing was done.',
      'of kernel-1.ipynb is closed. Nothing was done.'
    ]);
    expect(executed).toEqual([]);
    expect(shell.activated).toEqual([]);
  });

  it('should say that the notebook has another kernel, and do nothing', () => {
    raise(warning());
    open[0]?.sessionContext.setKernel(new FakeConnection({ id: 'kernel-3' }));
    press('Clear');
    expect(said()).toEqual([
      'of kernel-1.ipynb has another kernel now. Nothing was done.'
    ]);
    expect(executed).toEqual([]);
  });

  describe('when a warning has gone', () => {
    it('should take its notification back, once', () => {
      raise(warning());
      monitor.tell({});
      expect(dismiss).not.toHaveBeenCalled();
      monitor.tell({ warnings: [] });
      monitor.tell({ warnings: [] });
      expect(dismiss.mock.calls).toEqual([['notification-1']]);
    });

    it('should leave the notifications of other warnings', () => {
      raise(warning({ id: 'leak-1' }));
      raise(warning({ id: 'leak-2' }));
      monitor.tell({ warnings: [warning({ id: 'leak-1' })] });
      expect(dismiss.mock.calls).toEqual([['notification-2']]);
    });

    it('should leave those of other kernels', () => {
      const other = new FakeMonitor({ kernelId: 'kernel-10' });
      raise(warning());
      raise(warning(), other);
      monitor.tell({ warnings: [] });
      expect(dismiss.mock.calls).toEqual([['notification-1']]);
      other.tell({ warnings: [] });
      expect(dismiss).toHaveBeenLastCalledWith('notification-2');
    });
  });

  describe('of a kernel that warns without end', () => {
    let update: MockInstance<typeof Notification.update>;

    /** Raise `count` warnings within `forMs`. */
    const flood = (count: number, forMs: number, where = monitor): void => {
      for (let index = 0; index < count; index++) {
        raise(warning({ id: `leak-${index}` }), where);
        vi.advanceTimersByTime(forMs / count);
      }
    };
    const said = (): unknown[] => announce.mock.calls.map(([text]) => text);

    beforeEach(() => {
      vi.useFakeTimers();
      update = vi.spyOn(Notification, 'update').mockReturnValue(true);
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    it('should show one notification that counts', () => {
      flood(970, 20_000);
      vi.advanceTimersByTime(1000);
      expect(announce).toHaveBeenCalledTimes(4);
      expect(said()[3]).toBe('4 warnings in of kernel-1.ipynb');
      expect(dismiss).toHaveBeenCalledTimes(3);
      const messages = update.mock.calls.map(([{ message }]) => message);
      expect(messages[messages.length - 1]).toBe(
        '970 warnings in of kernel-1.ipynb'
      );
      // Once a second.
      expect(messages.length).toBeLessThanOrEqual(21);
      expect(update.mock.calls[0]?.[0].actions).toHaveLength(2);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('should show it anew after a person has closed it', () => {
      update.mockReturnValue(false);
      flood(100, 3000);
      expect(announce.mock.calls.length).toBeLessThanOrEqual(3 + 4);
    });

    it('should count warnings that come and go', () => {
      for (let turn = 0; turn < 100; turn++) {
        raise(warning({ id: 'the same' }));
        monitor.tell({ warnings: [] });
      }
      vi.advanceTimersByTime(2000);
      expect(announce).toHaveBeenCalledTimes(4);
      expect(update.mock.calls[0]?.[0].message).toBe(
        '100 warnings in of kernel-1.ipynb'
      );
    });

    it('should go on telling one by one of other kernels, and after it was quiet', () => {
      flood(50, 1000);
      const other = new FakeMonitor({ kernelId: 'kernel-2' });
      raise(warning({ sentence: 'Another one.' }), other);
      expect(said()).toContain('of kernel-2.ipynb: Another one.');
      vi.advanceTimersByTime(11_000);
      raise(warning({ sentence: 'After it.' }));
      expect(said()).toContain('of kernel-1.ipynb: After it.');
    });
  });
});
