import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { IMonitor, IRaisedWarning } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { ISettingsStore } from './settings';
import { Subjects } from './subjects';
import { Toasts } from './toasts';
import { CommandIDs, IActiveDocument } from './tokens';

/** Announces each new warning once, and takes it back when its cause is gone. */
class Announcer {
  constructor(
    private readonly _subjects: Subjects,
    private readonly _store: ISettingsStore,
    private readonly _trans: TranslationBundle
  ) {}

  /** Announce a warning; mere information stays in the panel. */
  announce(_: IMonitors, raised: IRaisedWarning): void {
    const { monitor, warning } = raised;
    if (!this._store.settings.notifications || warning.severity !== 'warning') {
      return;
    }
    const trans = this._trans;
    const subject = this._subjects.ofKernel(monitor.kernelId);
    this._toastsOf(monitor).show({
      key: warning.id,
      text: this._subjects.named(subject, warning.sentence),
      name: subject?.name ?? null,
      actions: [
        {
          label: trans.__('Clear'),
          caption: trans.__('Clear GPU memory'),
          callback: () => this._subjects.clear(subject)
        },
        {
          label: trans.__('Show'),
          caption: trans.__('Show the GPU memory panel'),
          displayType: 'accent',
          callback: () => this._subjects.show(subject, CommandIDs.open)
        }
      ]
    });
    monitor.changed.connect(this._onMonitorChanged, this);
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
    const subjects = new Subjects(app, documents, trans);
    const announcer = new Announcer(subjects, store, trans);
    monitors.warningRaised.connect(announcer.announce, announcer);
  }
};
