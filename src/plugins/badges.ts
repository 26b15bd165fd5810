import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { Cell } from '@jupyterlab/cells';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import type { ICellRecord, IDeviceReading } from '../core/wire/generated';
import type { IFinishedCell } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { CellBadge } from '../views/status/badge';
import { ISettingsStore } from './settings';

/** Puts a badge at each cell whose run is known, while the setting says so. */
class Badges {
  constructor(options: Badges.IOptions) {
    this._options = options;
    options.store.settingsChanged.connect(this._onSettingsChanged, this);
    options.monitors.cellFinished.connect(this._onCellFinished, this);
    this._onSettingsChanged();
  }

  private _onSettingsChanged(): void {
    const isWanted = this._options.store.settings.cellBadges;
    if (isWanted === this._isOn) {
      return;
    }
    this._isOn = isWanted;
    this._badges.forEach(badge => badge.dispose());
    this._badges.clear();
    if (isWanted) {
      this._options.notebooks.forEach(panel => this._showRecords(panel));
    }
  }

  private _showRecords(panel: NotebookPanel): void {
    const kernel = panel.sessionContext.session?.kernel;
    const monitor = kernel && this._options.monitors.monitorOf(kernel.id);
    monitor?.records.forEach(record =>
      this._show(panel, record, monitor.reading?.devices)
    );
  }

  private _onCellFinished(_: IMonitors, finished: IFinishedCell): void {
    if (!this._isOn) {
      return;
    }
    const { cellId, run } = finished.record;
    const { kernelId, records } = finished.monitor;
    // Records from before the page was there may come after newer ones.
    if (records.some(other => other.cellId === cellId && other.run > run)) {
      return;
    }
    this._options.notebooks.forEach(panel => {
      if (panel.sessionContext.session?.kernel?.id === kernelId) {
        this._show(panel, finished.record, finished.monitor.reading?.devices);
      }
    });
  }

  private _show(
    panel: NotebookPanel,
    record: ICellRecord,
    devices: readonly IDeviceReading[] = []
  ): void {
    const cell = panel.content.widgets.find(
      widget => widget.model.id === record.cellId
    );
    if (cell) {
      this._badgeOf(cell)?.setRecord(record, devices);
    }
  }

  /** A cell far outside of the view has no input area yet, and so no badge. */
  private _badgeOf(cell: Cell): CellBadge | null {
    const known = this._badges.get(cell);
    if (known && !known.isDisposed) {
      return known;
    }
    if (!cell.inputArea) {
      return null;
    }
    const badge = new CellBadge(this._options.translator ?? undefined);
    Widget.attach(badge, cell.inputArea.node);
    this._badges.set(cell, badge);
    cell.disposed.connect(this._onCellDisposed, this);
    return badge;
  }

  private _onCellDisposed(cell: Cell): void {
    this._badges.get(cell)?.dispose();
    this._badges.delete(cell);
  }

  private readonly _options: Badges.IOptions;
  private _isOn = false;
  private readonly _badges = new Map<Cell, CellBadge>();
}

namespace Badges {
  export interface IOptions {
    readonly monitors: IMonitors;
    readonly notebooks: INotebookTracker;
    readonly store: ISettingsStore;
    readonly translator: ITranslator | null;
  }
}

/** Small badges at the cells: what the last run added, its peak, what stayed. */
export const badgesPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:badges',
  description: 'Adds a badge with its GPU memory to each cell that ran.',
  autoStart: true,
  requires: [IMonitors, ISettingsStore, INotebookTracker],
  optional: [ITranslator],
  activate: (
    _app: JupyterFrontEnd,
    monitors: IMonitors,
    store: ISettingsStore,
    notebooks: INotebookTracker,
    translator: ITranslator | null
  ): void => {
    new Badges({ monitors, notebooks, store, translator });
  }
};
