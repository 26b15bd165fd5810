import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import type { MockInstance } from 'vitest';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { IWarning } from '../../src/core/warning';
import type { IMonitors, IRaisedWarning } from '../../src/model/tokens';
import { notificationsPlugin } from '../../src/plugins/notifications';
import { CommandIDs } from '../../src/plugins/tokens';
import { FakeSettings } from '../model/page';
import { FakeMonitor, warning } from '../views/fake';

describe('notificationsPlugin', () => {
  let source: FakeSettings;
  let monitor: FakeMonitor;
  let raise: (raised: IWarning, monitor?: FakeMonitor) => void;
  let executed: string[];
  let announce: MockInstance<typeof Notification.warning>;
  let dismiss: MockInstance<typeof Notification.dismiss>;

  beforeEach(async () => {
    let count = 0;
    announce = vi
      .spyOn(Notification, 'warning')
      .mockImplementation(() => `notification-${++count}`);
    dismiss = vi.spyOn(Notification, 'dismiss').mockReturnValue();
    source = new FakeSettings();
    monitor = new FakeMonitor();
    const commands = new CommandRegistry();
    executed = [];
    for (const id of [CommandIDs.clear, CommandIDs.open]) {
      commands.addCommand(id, { execute: () => executed.push(id) });
    }
    const monitors = {} as IMonitors;
    const warningRaised = new Signal<IMonitors, IRaisedWarning>(monitors);
    Object.assign(monitors, { warningRaised });
    raise = (raised, where = monitor) => {
      where.warnings = [...where.warnings, raised];
      warningRaised.emit({ monitor: where, warning: raised });
    };
    await notificationsPlugin.activate(
      { commands } as unknown as JupyterFrontEnd,
      monitors,
      source,
      null
    );
  });

  it('should announce a warning in its own words, as plain text', () => {
    raise(warning({ sentence: '`del model` freed 0 B of 13.5 GiB.' }));
    expect(announce).toHaveBeenCalledTimes(1);
    const [sentence] = announce.mock.calls[0] ?? [];
    expect(sentence).toBe('del model freed 0 B of 13.5 GiB.');
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

  it('should offer to clear and to show the panel', () => {
    raise(warning());
    const { actions = [] } = announce.mock.calls[0]?.[1] ?? {};
    expect(actions.map(({ label }) => label)).toEqual(['Clear', 'Show']);
    actions.forEach(({ callback }) => callback(new MouseEvent('click')));
    expect(executed).toEqual([CommandIDs.clear, CommandIDs.open]);
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
});
