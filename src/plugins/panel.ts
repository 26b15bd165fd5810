import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ILayoutRestorer } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStateDB } from '@jupyterlab/statedb';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';
import type { IMessageHandler, Message } from '@lumino/messaging';
import { MessageLoop } from '@lumino/messaging';
import { Widget } from '@lumino/widgets';

import { IServerKernels } from '../model/server/tokens';
import { IMonitors } from '../model/tokens';
import type { IPanelActions } from '../views/shared/actions';
import { vramIcon } from '../views/shared/icons';
import {
  SERVER_SECTION,
  type IServerSectionOptions
} from '../views/processes/serversection';
import { VramPanel } from '../views/panel/panel';
import { kernelActions } from './kernelactions';
import { Folds } from './folds';
import { ISettingsStore } from './settings';
import { snippetItems } from './snippets';
import { CommandIDs, IExplanations } from './tokens';

/** The side panel, and the command that shows it. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:panel',
  description: 'Adds the VRAM panel to the right side area.',
  autoStart: true,
  requires: [IMonitors, ISettingsStore],
  optional: [
    IExplanations,
    IServerKernels,
    ILayoutRestorer,
    ICommandPalette,
    IStateDB,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    source: ISettingsStore,
    explanations: IExplanations | null,
    serverKernels: IServerKernels | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    database: IStateDB | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const folds = new Folds(database);
    const serverSectionOptions = (
      known: IServerKernels
    ): IServerSectionOptions => ({
      serverKernels: known,
      actions: kernelActions({ app, serverKernels: known, trans }),
      mayStop: () => !source.settings.neverStop
    });
    const panel = new VramPanel({
      source: monitors,
      actions: actionsOf(app.commands),
      snippets: snippetItems(trans),
      explanations,
      serverSection: serverKernels
        ? serverSectionOptions(serverKernels)
        : undefined,
      folds,
      translator: translator ?? undefined
    });
    const look = (): void => {
      monitors.setLooking(panel.isVisible || source.settings.watchWhenClosed);
      const isServerSectionOpen = folds.isOpen(SERVER_SECTION) === true;
      serverKernels?.setLooking(panel.isVisible && isServerSectionOpen);
    };
    MessageLoop.installMessageHook(panel, new VisibilityHook(look).hook);
    source.settingsChanged.connect(look, panel);
    folds.changed.connect(look, panel);
    void folds.load();
    app.shell.add(panel, 'right', { rank: 900, type: 'VRAM' });
    restorer?.add(panel, panel.id);
    app.commands.addCommand(CommandIDs.open, {
      label: trans.__('Show GPU Memory'),
      caption: trans.__('Show the GPU memory of the active kernel'),
      icon: vramIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({
      command: CommandIDs.open,
      category: trans.__('GPU Memory')
    });
  }
};

/** Calls back after a widget was shown, hidden, attached or detached. */
class VisibilityHook {
  constructor(callback: () => void) {
    this._callback = callback;
  }

  /** The hook; the message itself is handled after it, so the callback is deferred. */
  hook = (_: IMessageHandler, message: Message): boolean => {
    if (VISIBILITY_MESSAGES.has(message.type)) {
      void Promise.resolve().then(this._callback);
    }
    return true;
  };

  private readonly _callback: () => void;
}

const VISIBILITY_MESSAGES = new Set(
  [
    Widget.Msg.AfterShow,
    Widget.Msg.AfterHide,
    Widget.Msg.AfterAttach,
    Widget.Msg.AfterDetach,
    Widget.Msg.BeforeHide
  ].map(message => message.type)
);

/** JupyterLab's own command; only some pages of Notebook 7 have it. */
const OPEN_SETTINGS = 'settingeditor:open';

/** The panel's actions are commands, so that a keyboard shortcut can do the same. */
function actionsOf(commands: CommandRegistry): IPanelActions {
  return {
    clear: how => void commands.execute(CommandIDs.clear, { how }),
    findHolders: () => void commands.execute(CommandIDs.findHolders),
    release: names =>
      void commands.execute(CommandIDs.release, { names: [...names] }),
    releaseAll: () =>
      void commands.execute(CommandIDs.release, { groups: ['all'] }),
    insertSnippet: id =>
      void commands.execute(CommandIDs.insertSnippet, { id }),
    insertCode: code => void commands.execute(CommandIDs.insertCode, { code }),
    usePractice: () => void commands.execute(CommandIDs.usePractice),
    retry: () => void commands.execute(CommandIDs.retry),
    hasSettings: () => commands.hasCommand(OPEN_SETTINGS),
    openSettings: () => void commands.execute(OPEN_SETTINGS, { query: 'VRAM' })
  };
}
