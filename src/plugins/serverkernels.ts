import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel, ServerConnection } from '@jupyterlab/services';
import { KernelAPI } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { ServerKernels } from '../model/server/serverkernels';
import { IServerKernels } from '../model/server/tokens';
import { IMonitors } from '../model/tokens';
import { mayDropOutput } from './kernelactions';
import { ISettingsStore } from './settings';
import type { KernelWidget } from './tokens';

/** Provides all kernels of the server and all processes on its GPUs. */
export const serverKernelsPlugin: JupyterFrontEndPlugin<IServerKernels> = {
  id: 'jupyterlab-vram:fleet',
  description: 'Provides all kernels of the server and all GPU processes.',
  autoStart: true,
  provides: IServerKernels,
  requires: [IMonitors, ISettingsStore],
  optional: [INotebookTracker, IConsoleTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    source: ISettingsStore,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null,
    translator: ITranslator | null
  ): IServerKernels => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const { sessions, kernels, kernelspecs, serverSettings } =
      app.serviceManager;
    return new ServerKernels({
      ...{ monitors, source, sessions, kernels, kernelspecs },
      documents: new OpenDocuments(notebooks, consoles),
      connect: model => kernels.connectTo({ model, handleComms: false }),
      lookUp: async id => presentModel(id, serverSettings),
      mayDropOutput: async kernel => mayDropOutput(kernel, trans)
    });
  }
};

/**
 * What the server says of a kernel at this moment.
 *
 * Asked for this one kernel a server whose kernels run behind a gateway answers
 * with what it knew when it last listed all of them.
 */
export async function presentModel(
  kernelId: string,
  settings: ServerConnection.ISettings
): Promise<Kernel.IModel | undefined> {
  const models = await KernelAPI.listRunning(settings);
  return models.find(({ id }) => id === kernelId);
}

/** The sessions of all open notebooks and consoles. */
class OpenDocuments implements ServerKernels.IDocuments {
  constructor(
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null
  ) {
    this._notebooks = notebooks;
    this._consoles = consoles;
    notebooks?.widgetAdded.connect(this._onAdded, this);
    consoles?.widgetAdded.connect(this._onAdded, this);
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  contexts(): readonly ISessionContext[] {
    const found: ISessionContext[] = [];
    const add = (widget: KernelWidget): void => {
      found.push(widget.sessionContext);
    };
    this._notebooks?.forEach(add);
    this._consoles?.forEach(add);
    return found;
  }

  private _onAdded(_: unknown, widget: KernelWidget): void {
    widget.sessionContext.kernelChanged.connect(this._emit, this);
    this._emit();
  }

  private _emit(): void {
    this._changed.emit();
  }

  private readonly _notebooks: INotebookTracker | null;
  private readonly _consoles: IConsoleTracker | null;
  private readonly _changed = new Signal<this, void>(this);
}
