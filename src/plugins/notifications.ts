import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { IMonitor, IRaisedWarning } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { ISettingsStore } from './settings';
import { Toasts } from './toasts';
import { CommandIDs, IActiveDocument } from './tokens';

/** The notebook or console that a notification names and acts on. */
interface ISubject {
  /** The id of its widget. */
  readonly id: string;
  readonly kernelId: string;
  readonly name: string;
}

/** Announces each new warning once, and takes it back when its cause is gone. */
class Announcer {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _documents: IActiveDocument,
    private readonly _store: ISettingsStore,
    private readonly _trans: TranslationBundle
  ) {}

  /** Announce a warning; what costs nobody anything stays in the panel. */
  announce(_: IMonitors, raised: IRaisedWarning): void {
    const { monitor, warning } = raised;
    if (!this._store.settings.notifications || warning.severity !== 'warning') {
      return;
    }
    const trans = this._trans;
    const subject = this._subjectOf(monitor);
    const words = warning.sentence.replace(/`/g, '');
    this._toastsOf(monitor).show({
      key: warning.id,
      text: subject ? trans.__('%1: %2', subject.name, words) : words,
      name: subject?.name ?? null,
      actions: [
        {
          label: trans.__('Clear'),
          caption: trans.__('Clear GPU memory'),
          callback: () => this._clear(subject)
        },
        {
          label: trans.__('Show'),
          caption: trans.__('Show the GPU memory panel'),
          displayType: 'accent',
          callback: () => this._show(subject)
        }
      ]
    });
    monitor.changed.connect(this._onMonitorChanged, this);
  }

  /** The document that a warning is about, whichever is in front later. */
  private _subjectOf({ kernelId }: IMonitor): ISubject | null {
    const widget = this._documents.ofKernel(kernelId);
    return widget && { id: widget.id, kernelId, name: widget.title.label };
  }

  private _clear(subject: ISubject | null): void {
    if (this._isThere(subject)) {
      const args = { document: subject.id };
      void this._app.commands.execute(CommandIDs.clear, args);
    }
  }

  private _show(subject: ISubject | null): void {
    if (this._isThere(subject)) {
      this._app.shell.activateById(subject.id);
      void this._app.commands.execute(CommandIDs.open);
    }
  }

  /** Whether the document is still open with that kernel; if not, say so. */
  private _isThere(subject: ISubject | null): subject is ISubject {
    const widget = subject && this._documents.withId(subject.id);
    const kernelId = widget?.sessionContext.session?.kernel?.id;
    if (subject && kernelId === subject.kernelId) {
      return true;
    }
    const trans = this._trans;
    const name = subject?.name ?? trans.__('The notebook');
    Notification.info(
      widget
        ? trans.__('%1 has another kernel now. Nothing was done.', name)
        : trans.__('%1 is closed. Nothing was done.', name),
      { autoClose: 5000 }
    );
    return false;
  }

  private _toastsOf({ kernelId }: IMonitor): Toasts {
    const toasts = this._toasts.get(kernelId) ?? new Toasts(this._trans);
    this._toasts.set(kernelId, toasts);
    return toasts;
  }

  private _onMonitorChanged(monitor: IMonitor): void {
    const current = monitor.warnings.map(warning => warning.id);
    this._toastsOf(monitor).keep(new Set(current));
  }

  /** By kernel. */
  private readonly _toasts = new Map<string, Toasts>();
}

/** New warnings as JupyterLab notifications. */
export const notificationsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:notifications',
  description: 'Announces warnings about GPU memory as notifications.',
  autoStart: true,
  requires: [IMonitors, IActiveDocument, ISettingsStore],
  optional: [ITranslator],
  activate: (
    app: JupyterFrontEnd,
    monitors: IMonitors,
    documents: IActiveDocument,
    store: ISettingsStore,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    const announcer = new Announcer(app, documents, store, trans);
    monitors.warningRaised.connect(announcer.announce, announcer);
  }
};
