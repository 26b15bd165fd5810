import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { IMonitors } from '../model/tokens';
import { insertCell } from './insertion';
import { takesPython } from './language';
import { CommandIDs, IActiveDocument } from './tokens';

/** The command that inserts the cell of a plan. */
export const planPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:plan',
  description: 'Adds a command that inserts a cell which loads a model.',
  autoStart: true,
  requires: [IMonitors, IActiveDocument],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    active: IActiveDocument,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    app.commands.addCommand(CommandIDs.insertCode, {
      label: trans.__('Insert a Cell with Code'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            code: { type: 'string', description: 'The source of the cell' }
          },
          required: ['code']
        }
      },
      isEnabled: () => takesPython(active, monitors),
      execute: args => {
        const widget = active.current;
        const { code } = args;
        const isInserted =
          widget !== null &&
          typeof code === 'string' &&
          insertCell(widget, code);
        if (!isInserted) {
          Notification.warning(
            trans.__('This document is read-only: no cell can be inserted.'),
            { autoClose: 5000 }
          );
        }
      }
    });
  }
};
