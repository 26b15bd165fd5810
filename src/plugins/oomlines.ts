import type { Cell, CodeCell } from '@jupyterlab/cells';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import type { IOutOfMemory } from '../core/oom';
import { FailureLine } from '../views/oom/oomline';
import type { ISettingsStore } from './settings';
import type { KernelWidget } from './tokens';
import { CommandIDs } from './tokens';

/** Puts a line below the output of each cell that ran out of memory, while the setting says so. */
export class FailureLines {
  constructor(private readonly _options: FailureLines.IOptions) {
    _options.store.settingsChanged.connect(this._onSettingsChanged, this);
  }

  /** The cell of a notebook whose run is the request `requestId`. */
  cellOf(widget: KernelWidget, requestId: string | null): Cell | null {
    if (requestId === null || !('content' in widget)) {
      return null;
    }
    const cells = widget.content.widgets as readonly Cell[];
    return cells.find(cell => requestOf(cell) === requestId) ?? null;
  }

  show(cell: Cell, explanation: IOutOfMemory): void {
    const { commands, store, trans } = this._options;
    this._drop(cell);
    if (!store.settings.oomLine || cell.isDisposed) {
      return;
    }
    const explain = (): void => void commands.execute(CommandIDs.explain);
    const line = new FailureLine(explanation.sentence, explain, trans);
    cell.node.insertBefore(line.node, cell.node.querySelector(FOOTER));
    this._lines.set(cell, line);
    cell.disposed.connect(this._drop, this);
  }

  /** The cell of this request runs again: what was said of it is over. */
  remove(widget: KernelWidget, requestId: string): void {
    const cell = this.cellOf(widget, requestId);
    if (cell) {
      this._drop(cell);
    }
  }

  private _drop(cell: Cell): void {
    this._lines.get(cell)?.dispose();
    this._lines.delete(cell);
  }

  private _onSettingsChanged(): void {
    if (!this._options.store.settings.oomLine) {
      [...this._lines.keys()].forEach(cell => this._drop(cell));
    }
  }

  private readonly _lines = new Map<Cell, FailureLine>();
}

/** A namespace for `FailureLines` statics. */
export namespace FailureLines {
  /** What the lines are made from. */
  export interface IOptions {
    readonly commands: CommandRegistry;
    readonly store: ISettingsStore;
    readonly trans: TranslationBundle;
  }
}

const FOOTER = ':scope > .jp-CellFooter';

/** The id of the request with which a cell ran last; only code cells have outputs. */
function requestOf(cell: Cell | CodeCell): string | undefined {
  return 'outputArea' in cell
    ? cell.outputArea?.future?.msg.header.msg_id
    : undefined;
}
