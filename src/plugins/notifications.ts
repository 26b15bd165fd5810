import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { IMonitor, IRaisedWarning } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { ISettingsStore } from './settings';
import { CommandIDs } from './tokens';

/** Announces each new warning once, and takes it back when its cause is gone. */
class Announcer {
  constructor(
    commands: CommandRegistry,
    store: ISettingsStore,
    trans: TranslationBundle
  ) {
    this._commands = commands;
    this._store = store;
    this._trans = trans;
  }

  /** Announce a warning; what costs nobody anything stays in the panel. */
  announce(_: IMonitors, raised: IRaisedWarning): void {
    const { monitor, warning } = raised;
    if (!this._store.settings.notifications || warning.severity !== 'warning') {
      return;
    }
    const trans = this._trans;
    const id = Notification.warning(warning.sentence.replace(/`/g, ''), {
      autoClose: 10_000,
      actions: [
        {
          label: trans.__('Clear'),
          caption: trans.__('Clear GPU memory'),
          callback: () => void this._commands.execute(CommandIDs.clear)
        },
        {
          label: trans.__('Show'),
          caption: trans.__('Show the GPU memory panel'),
          displayType: 'accent',
          callback: () => void this._commands.execute(CommandIDs.open)
        }
      ]
    });
    this._open.set(`${monitor.kernelId} ${warning.id}`, id);
    monitor.changed.connect(this._onMonitorChanged, this);
  }

  private _onMonitorChanged(monitor: IMonitor): void {
    const current = new Set(
      monitor.warnings.map(warning => `${monitor.kernelId} ${warning.id}`)
    );
    for (const [key, id] of this._open) {
      if (key.startsWith(`${monitor.kernelId} `) && !current.has(key)) {
        Notification.dismiss(id);
        this._open.delete(key);
      }
    }
  }

  private readonly _commands: CommandRegistry;
  private readonly _store: ISettingsStore;
  private readonly _trans: TranslationBundle;
  private readonly _open = new Map<string, string>();
}

/** New warnings as JupyterLab notifications. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:notifications',
  description: 'Announces warnings about GPU memory as notifications.',
  autoStart: true,
  requires: [IMonitors, ISettingsStore],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    store: ISettingsStore,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const announcer = new Announcer(app.commands, store, trans);
    monitors.warningRaised.connect(announcer.announce, announcer);
  }
};
