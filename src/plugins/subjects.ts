import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IActiveDocument } from './tokens';
import { CommandIDs } from './tokens';

/** The notebook or console that a notification names and acts on. */
export interface ISubject {
  /** The id of its widget. */
  readonly id: string;
  readonly kernelId: string;
  readonly name: string;
}

/** What notifications do to the document that they are about, whichever is in front by then. */
export class Subjects {
  constructor(
    private readonly _app: Pick<JupyterFrontEnd, 'commands' | 'shell'>,
    private readonly _documents: IActiveDocument,
    private readonly _trans: TranslationBundle
  ) {}

  /** The document of a kernel; null where none is open. */
  ofKernel(kernelId: string): ISubject | null {
    const widget = this._documents.ofKernel(kernelId);
    return widget && { id: widget.id, kernelId, name: widget.title.label };
  }

  /** `sentence` as text, behind the name of the document that it is about. */
  named(subject: ISubject | null, sentence: string): string {
    const words = sentence.replace(/`/g, '');
    return subject ? this._trans.__('%1: %2', subject.name, words) : words;
  }

  /** Clear the memory of the document's kernel. */
  clear(subject: ISubject | null): void {
    if (this._isThere(subject)) {
      const args = { document: subject.id };
      void this._app.commands.execute(CommandIDs.clear, args);
    }
  }

  /** Bring the document to the front, if there is one, then run a command that shows something of it. */
  show(subject: ISubject | null, command: string): void {
    if (subject === null || this._isThere(subject)) {
      if (subject !== null) {
        this._app.shell.activateById(subject.id);
      }
      void this._app.commands.execute(command);
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
}
