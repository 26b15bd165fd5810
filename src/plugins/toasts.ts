import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import { Pace } from './pace';

/** Warnings of one kernel that are told one by one within this time; of more only the number. */
const MAX_SINGLE = 3;
const WINDOW_MS = 10_000;
/** The number is told anew this often. */
const UPDATE_MS = 1000;
/** How long a notification stays. */
const SHOWN_MS = 10_000;

/** What is to be said about one warning, and what the user can do about it. */
export interface IToast {
  /** Names the warning among those of its kernel. */
  readonly key: string;
  readonly text: string;
  /** The notebook or console; null if there is none. */
  readonly name: string | null;
  readonly actions: Notification.IAction[];
}

/** The notifications about one kernel: some warnings each by itself, and of many their number. */
export class Toasts {
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

  /** Take back what was said about warnings that are over. */
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
