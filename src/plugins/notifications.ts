import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { IMonitor, IRaisedWarning } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { ISettingsStore } from './settings';
import { Toasts } from './toasts';
import { CommandIDs } from './tokens';

/** Announces each new warning once, and takes it back when its cause is gone. */
class Announcer {
  constructor(
    private readonly _monitors: IMonitors,
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
    this._toastsOf(monitor).show({
      key: warning.id,
      text: warning.sentence.replace(/`/g, ''),
      name: this._nameOf(monitor),
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
    monitor.changed.connect(this._onMonitorChanged, this);
  }

  private _nameOf(monitor: IMonitor): string | null {
    const { target } = this._monitors;
    return target.monitor === monitor ? target.title : null;
  }

  private _toastsOf({ kernelId }: IMonitor): Toasts {
    const toasts = this._toasts.get(kernelId) ?? new Toasts(this._trans);
    this._toasts.set(kernelId, toasts);
    return toasts;
  }

  private _onMonitorChanged(monitor: IMonitor): void {
    const current = monitor.warnings.map(warning => warning.id);
    this._toastsOf(monitor).keep(new Set(current));
  }

  private readonly _commands: CommandRegistry;
  private readonly _store: ISettingsStore;
  private readonly _trans: TranslationBundle;
  /** By kernel. */
  private readonly _toasts = new Map<string, Toasts>();
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
    const announcer = new Announcer(monitors, app.commands, store, trans);
    monitors.warningRaised.connect(announcer.announce, announcer);
  }
};
