import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { ConsolePanel } from '@jupyterlab/console';
import { IMainMenu } from '@jupyterlab/mainmenu';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Menu } from '@lumino/widgets';

import type { DeviceKind } from '../core/wire/generated';
import { allSnippets } from '../core/cells/snippets';
import { IMonitors } from '../model/tokens';
import type { ISnippetItem } from '../views/shared/actions';
import { insertCell } from './insertion';
import { takesPython } from './language';
import { ISettingsStore } from './settings';
import type { KernelWidget } from './tokens';
import { CommandIDs, IActiveDocument } from './tokens';

/** The ready cells, in the person's language. */
export function snippetItems(trans: TranslationBundle): ISnippetItem[] {
  return allSnippets('cuda', trans).map(({ id, label }) => ({
    id,
    label,
    caption: ''
  }));
}

/** Commands and a menu that insert ready cells. */
export const snippetsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:snippets',
  description: 'Adds commands that insert ready cells about GPU memory.',
  autoStart: true,
  requires: [IMonitors, IActiveDocument, ISettingsStore],
  optional: [ICommandPalette, IMainMenu, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    active: IActiveDocument,
    store: ISettingsStore,
    palette: ICommandPalette | null,
    mainMenu: IMainMenu | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const items = snippetItems(trans);
    app.commands.addCommand(CommandIDs.insertSnippet, {
      label: args =>
        items.find(item => item.id === args.id)?.label ??
        trans.__('Insert a Cell'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            id: { type: 'string', description: 'The id of a snippet' }
          },
          required: ['id']
        }
      },
      isEnabled: () => takesPython(active, monitors),
      execute: args => {
        const kind = monitors.target.monitor?.reading?.devices[0]?.kind;
        insertById(args.id, kind ?? 'cuda', active, trans);
      }
    });
    app.commands.addCommand(CommandIDs.usePractice, {
      label: trans.__('Use the Practice Device'),
      caption: trans.__('Let torch on the CPU stand in for a GPU'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => store.set('practiceDevice', true)
    });
    // The palette draws its items anew only when it is told to.
    monitors.targetChanged.connect(() =>
      app.commands.notifyCommandChanged(CommandIDs.insertSnippet)
    );
    const menu = new Menu({ commands: app.commands });
    menu.title.label = trans.__('GPU Memory');
    menu.addItem({ command: CommandIDs.open });
    menu.addItem({ command: CommandIDs.clear });
    menu.addItem({ type: 'separator' });
    for (const { id } of items) {
      const args = { id };
      menu.addItem({ command: CommandIDs.insertSnippet, args });
      palette?.addItem({
        command: CommandIDs.insertSnippet,
        category: trans.__('GPU Memory'),
        args
      });
    }
    mainMenu?.kernelMenu.addItem({ type: 'submenu', submenu: menu, rank: 900 });
  }
};

function insertById(
  id: unknown,
  kind: DeviceKind,
  active: IActiveDocument,
  trans: TranslationBundle
): void {
  const snippet = allSnippets(kind, trans).find(each => each.id === id);
  const widget = active.current;
  if (!snippet || !widget) {
    return;
  }
  const { code, setup } = snippet;
  const isInserted =
    (setup === undefined ||
      isConsole(widget) ||
      hasLine(widget, setup) ||
      insertCell(widget, setup) !== null) &&
    insertCell(widget, code) !== null;
  if (!isInserted) {
    Notification.warning(
      trans.__('This document is read-only: no cell can be inserted.'),
      { autoClose: 5000 }
    );
  }
}

function isConsole(widget: KernelWidget): widget is ConsolePanel {
  return 'console' in widget;
}

/** Whether some cell of a notebook has `line` already. */
function hasLine(widget: NotebookPanel, line: string): boolean {
  const cells = widget.content.model?.cells ?? [];
  return [...cells].some(
    ({ sharedModel, type }) =>
      type === 'code' &&
      sharedModel.source.split('\n').some(each => each.trim() === line)
  );
}
