import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { ISessionContext } from '@jupyterlab/apputils';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { Kernel } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Failures } from '../model/oomerrors';
import type { IKernelError } from '../model/kernelerrors';
import { KernelErrors } from '../model/kernelerrors';
import { IMonitors } from '../model/tokens';
import { Announcements } from './oomnotifications';
import { Explainer } from './explainer';
import { FailureLines } from './oomlines';
import { Explanations } from './explanations';
import { ISettingsStore } from './settings';
import type { KernelWidget } from './tokens';
import { Subjects } from './subjects';
import { CommandIDs, IActiveDocument, IExplanations } from './tokens';

/** What a kernel is said to be when what it held goes. */
const RESTARTS: ReadonlySet<Kernel.Status> = new Set<Kernel.Status>([
  'restarting',
  'autorestarting',
  'dead'
]);

/** Listens to every document that was ever active in this page. */
class Listeners {
  constructor(
    private readonly _active: IActiveDocument,
    private readonly _explainer: Explainer,
    private readonly _failures: Failures,
    private readonly _lines: FailureLines
  ) {
    _active.changed.connect(this._onActiveChanged, this);
    this._onActiveChanged();
  }

  private _onActiveChanged(): void {
    const widget = this._active.current;
    if (!widget || this._heard.has(widget)) {
      return;
    }
    const errors = new KernelErrors(widget.sessionContext);
    this._heard.add(widget);
    widget.sessionContext.statusChanged.connect(this._onStatus, this);
    errors.failed.connect((_, said) => void this._hear(widget, said), this);
    errors.started.connect(
      (_, requestId) => this._onStarted(widget, requestId),
      this
    );
    widget.disposed.connect(() => errors.dispose(), this);
  }

  private _onStatus(context: ISessionContext, status: Kernel.Status): void {
    const kernelId = context.session?.kernel?.id;
    if (kernelId !== undefined && RESTARTS.has(status)) {
      this._failures.noteRestart(kernelId);
    }
  }

  private _onStarted(widget: KernelWidget, requestId: string): void {
    this._lines.remove(widget, requestId);
    const kernelId = widget.sessionContext.session?.kernel?.id;
    if (kernelId !== undefined) {
      this._failures.noteCell(kernelId);
    }
  }

  private async _hear(widget: KernelWidget, said: IKernelError): Promise<void> {
    const cell = this._lines.cellOf(widget, said.requestId);
    const failure = await this._explainer.hear(said);
    if (failure && cell) {
      this._lines.show(cell, failure.explanation);
    }
  }

  private readonly _heard = new WeakSet<KernelWidget>();
}

/** Out-of-memory errors, explained where they happen. */
export const failuresPlugin: JupyterFrontEndPlugin<IExplanations> = {
  id: 'jupyterlab-vram:failures',
  description:
    'Provides explanations of out-of-memory errors, and announces them.',
  autoStart: true,
  provides: IExplanations,
  requires: [IMonitors, IActiveDocument, ISettingsStore],
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    active: IActiveDocument,
    store: ISettingsStore,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ): IExplanations => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const { commands } = app;
    const failures = new Failures();
    const explainer = new Explainer({ failures, monitors, trans });
    const lines = new FailureLines({ commands, store, trans });
    new Listeners(active, explainer, failures, lines);
    const subjects = new Subjects(app, active, trans);
    new Announcements({ failures, subjects, store, trans });
    const explanations = new Explanations({
      ...{ failures, explainer, active, commands, trans }
    });
    commands.addCommand(CommandIDs.explain, {
      label: trans.__('Explain an Out-of-Memory Error'),
      caption: trans.__(
        'Show the explanation of the last error, and a box to paste any other'
      ),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: async () => {
        await commands.execute(CommandIDs.open);
        explanations.reveal();
      }
    });
    palette?.addItem({
      command: CommandIDs.explain,
      category: trans.__('GPU Memory')
    });
    return explanations;
  }
};
