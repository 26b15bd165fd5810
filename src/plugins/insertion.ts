import type { ISessionContextDialogs } from '@jupyterlab/apputils';
import type { ConsolePanel } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';

import type { KernelWidget } from './tokens';

/** A cell that was inserted and is being run. */
export interface IStartedCell {
  /** The cell's id in its document. */
  readonly cellId: string;
  /** Resolved when it has run. */
  readonly done: Promise<unknown>;
}

/**
 * Put `code` into a new code cell below the active one, or below what stands in
 * a console's prompt already; runs nothing.
 *
 * @returns false if the document takes no cells, being read-only
 */
export function insertCell(widget: KernelWidget, code: string): boolean {
  return isNotebook(widget)
    ? insertIntoNotebook(widget, code) !== null
    : appendToPrompt(widget, code);
}

/**
 * Run `code` in a new cell below the active one, or in a new cell of a console,
 * whose prompt keeps what stands in it.
 *
 * @returns null if the document takes no cells, being read-only
 */
export function insertAndRun(
  widget: KernelWidget,
  code: string,
  dialogs: ISessionContextDialogs | null
): IStartedCell | null {
  if (!isNotebook(widget)) {
    return inject(widget, code);
  }
  const cellId = insertIntoNotebook(widget, code);
  if (cellId === null) {
    return null;
  }
  const { content, sessionContext } = widget;
  const done = NotebookActions.run(
    content,
    sessionContext,
    dialogs ?? undefined
  );
  return { cellId, done };
}

function isNotebook(widget: KernelWidget): widget is NotebookPanel {
  return 'content' in widget && 'model' in widget.content;
}

/** Returns the id of the new cell, or null. */
function insertIntoNotebook(panel: NotebookPanel, code: string): string | null {
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
  return model?.id ?? null;
}

function appendToPrompt(
  { console: kept }: ConsolePanel,
  code: string
): boolean {
  const shared = kept.promptCell?.model.sharedModel;
  if (!shared) {
    return false;
  }
  const draft = shared.getSource().trimEnd();
  shared.setSource(draft === '' ? code : `${draft}\n\n${code}`);
  return true;
}

function inject(
  { console: kept }: ConsolePanel,
  code: string
): IStartedCell | null {
  if (!kept.promptCell) {
    return null;
  }
  const done = kept.inject(code);
  const cell = kept.cells.get(kept.cells.length - 1);
  return { cellId: cell.model.id, done };
}
