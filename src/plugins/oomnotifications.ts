import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { Failures } from '../model/oomerrors';
import type { IFailure } from '../model/oomerrors';
import { Pace } from './pace';
import type { ISettingsStore } from './settings';
import type { Subjects } from './subjects';
import { CommandIDs } from './tokens';

/** JupyterLab cuts longer texts; then the notebook's name stands on the button alone. */
const MAX_TEXT_LENGTH = 140;

/** Announces each new out-of-memory error as a notification. */
export class Announcements {
  constructor(private readonly _options: Announcements.IOptions) {
    _options.failures.noted.connect(this._onNoted, this);
  }

  private _onNoted(_: Failures, failure: IFailure): void {
    const { store } = this._options;
    const { backend } = failure.explanation;
    if (!store.settings.notifications || backend === 'host') {
      return;
    }
    this._pace.run(() => this._announce(failure));
  }

  private _announce(failure: IFailure): void {
    const { subjects, trans } = this._options;
    const { isTorchs, remedies, sentence } = failure.explanation;
    // Of use where PyTorch has a cache, or cycles, in this kernel.
    const mayClear =
      !failure.hasDied &&
      (isTorchs || remedies.some(({ act }) => act === 'clear'));
    const subject = subjects.ofKernel(failure.kernelId);
    Notification.dismiss(this._open);
    const clear = {
      label: trans.__('Clear'),
      caption: subject
        ? trans.__('Clear the GPU memory of %1', subject.name)
        : trans.__('Clear GPU memory'),
      callback: () => subjects.clear(subject)
    };
    const named = subjects.named(subject, sentence);
    const fits = named.length <= MAX_TEXT_LENGTH;
    const text = fits ? named : subjects.named(null, sentence);
    this._open = Notification.error(text, {
      autoClose: 10_000,
      actions: [
        ...(mayClear ? [clear] : []),
        {
          label: trans.__('Explain'),
          caption: trans.__('Show why, and what to do, in the VRAM panel'),
          displayType: 'accent',
          callback: () => subjects.show(subject, CommandIDs.explain)
        }
      ]
    });
  }

  /** Of errors that follow each other faster the latest is announced. */
  private readonly _pace = new Pace(1000);
  private _open = '';
}

/** A namespace for `Announcements` statics. */
export namespace Announcements {
  /** What announcements are made from. */
  export interface IOptions {
    readonly failures: Failures;
    readonly subjects: Subjects;
    readonly store: ISettingsStore;
    readonly trans: TranslationBundle;
  }
}
