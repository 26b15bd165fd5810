import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator } from '@jupyterlab/translation';
import { Signal } from '@lumino/signaling';

import { IMonitors } from '../model/tokens';
import { VramStatus } from '../views/status/status';
import { ISettingsStore } from './settings';
import { CommandIDs } from './tokens';

/** The status bar's item, shown while a notebook or console is open. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:status',
  description: 'Adds the GPU memory to the status bar.',
  autoStart: true,
  requires: [IMonitors, ISettingsStore],
  optional: [IStatusBar, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    store: ISettingsStore,
    statusBar: IStatusBar | null,
    translator: ITranslator | null
  ): void => {
    const stateChanged = new Signal<IMonitors, void>(monitors);
    monitors.targetChanged.connect(() => stateChanged.emit(), stateChanged);
    store.settingsChanged.connect(() => stateChanged.emit(), stateChanged);
    statusBar?.registerStatusItem('jupyterlab-vram:status', {
      item: new VramStatus({
        source: monitors,
        clicked: () => void app.commands.execute(CommandIDs.open),
        translator: translator ?? undefined
      }),
      align: 'right',
      rank: 110,
      isActive: () => store.settings.statusItem && monitors.target.hasDocument,
      activeStateChanged: stateChanged
    });
  }
};
