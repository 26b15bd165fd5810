import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import type { IMonitor, IRaisedWarning } from '../model/tokens';
import { IMonitors } from '../model/tokens';
import { Pace } from './pace';
import { ISettingsStore } from './settings';
import { Subjects } from './subjects';
import { CommandIDs, IActiveDocument } from './tokens';

/** Warnings of one kernel that are told one by one within this time; of more only the number. */
const MAX_SINGLE = 3;
const WINDOW_MS = 10_000;
/** The number is told anew this often. */
const UPDATE_MS = 1000;
/** How long a notification stays. */
const SHOWN_MS = 10_000;

/** What is to be told of one warning, and what a person can do about it. */
interface IToast {
  /** Names the warning among those of its kernel. */
  readonly key: string;
  readonly text: string;
  /** The notebook or console; null if there is none. */
  readonly name: string | null;
  readonly actions: Notification.IAction[];
}

/** The notifications about one kernel: some warnings each by itself, and of many their number. */
class Toasts {
  constructor(private readonly _trans: TranslationBundle) {}

  show(toast: IToast): void {
    const nowMs = Date.now();
    this._timesMs = this._timesMs.filter(each => nowMs - each < WINDOW_MS);
    if (this._timesMs.length === 0) {
      this._count = 0;
    }
    // So many are enough to know that there are too many.
    this._timesMs = [...this._timesMs, nowMs].slice(-MAX_SINGLE - 1);
    this._count++;
    if (this._timesMs.length <= MAX_SINGLE) {
      const { text, actions } = toast;
      const options = { autoClose: SHOWN_MS, actions };
      this._single.set(toast.key, Notification.warning(text, options));
    } else {
      this._pace.run(() => this._tellCount(toast));
    }
  }

  /** Take back what was told of warnings that are over. */
  keep(keys: ReadonlySet<string>): void {
    for (const [key, id] of this._single) {
      if (!keys.has(key)) {
        Notification.dismiss(id);
        this._single.delete(key);
      }
    }
  }

  private _tellCount({ name, actions }: IToast): void {
    this.keep(new Set());
    const { _trans: trans, _count: count } = this;
    const message = name
      ? trans._n('%1 warning in %2', '%1 warnings in %2', count, name)
      : trans._n('%1 warning', '%1 warnings', count);
    const content = { message, actions, autoClose: SHOWN_MS };
    const id = this._counting;
    if (id === null || !Notification.update({ id, ...content })) {
      this._counting = Notification.warning(message, content);
    }
  }

  private readonly _single = new Map<string, string>();
  /** When the latest few were told. */
  private _timesMs: readonly number[] = [];
  /** Warnings since it was quiet last. */
  private _count = 0;
  private _counting: string | null = null;
  private readonly _pace = new Pace(UPDATE_MS);
}

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
