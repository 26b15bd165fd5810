import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type { ConsolePanel } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';

import type { KernelWidget } from './tokens';

/** Where a cell was inserted. */
export interface IInsertedCell {
  /** The cell's id in its document. */
  readonly cellId: string;
}

/**
 * Put `code` into a new code cell below the active one, or into a console's prompt.
 *
 * @returns null if the document takes no cells, being read-only
 */
export function insertCell(
  widget: KernelWidget,
  code: string
): IInsertedCell | null {
  return isNotebook(widget)
    ? insertIntoNotebook(widget, code)
    : insertIntoConsole(widget, code);
}

/** Run the cell that `insertCell` has just inserted. */
export async function runInserted(
  widget: KernelWidget,
  dialogs: ISessionContextDialogs | null
): Promise<void> {
  if (isNotebook(widget)) {
    await NotebookActions.run(
      widget.content,
      widget.sessionContext,
      dialogs ?? undefined
    );
  } else {
    await widget.console.execute(true);
  }
}

function isNotebook(widget: KernelWidget): widget is NotebookPanel {
  return 'content' in widget && 'model' in widget.content;
}

function insertIntoNotebook(
  panel: NotebookPanel,
  code: string
): IInsertedCell | null {
  const notebook = panel.content;
  if (!notebook.model || notebook.model.readOnly) {
    return null;
  }
  NotebookActions.insertBelow(notebook);
  const cell = notebook.activeCell;
  if (!cell) {
    return null;
  }
  if (cell.model.type !== 'code') {
    NotebookActions.changeCellType(notebook, 'code');
  }
  const model = notebook.activeCell?.model;
  model?.sharedModel.setSource(code);
  return model ? { cellId: model.id } : null;
}

function insertIntoConsole(
  panel: ConsolePanel,
  code: string
): IInsertedCell | null {
  const prompt = panel.console.promptCell;
  if (!prompt) {
    return null;
  }
  prompt.model.sharedModel.setSource(code);
  return { cellId: prompt.model.id };
}
