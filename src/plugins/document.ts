import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IConsoleTracker } from '@jupyterlab/console';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import type { Title, Widget } from '@lumino/widgets';

import type { KernelWidget } from './tokens';
import { IActiveDocument } from './tokens';

/** Follows the trackers and, where the shell tells it, the focus between them. */
class ActiveDocument implements IActiveDocument {
  constructor(
    shell: JupyterFrontEnd.IShell,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null
  ) {
    this._shell = shell;
    this._notebooks = notebooks;
    this._consoles = consoles;
    shell.currentChanged?.connect(this._update, this);
    notebooks?.currentChanged.connect(this._update, this);
    consoles?.currentChanged.connect(this._update, this);
    this._update();
  }

  get current(): KernelWidget | null {
    return this._current;
  }

  get changed(): ISignal<IActiveDocument, void> {
    return this._changed;
  }

  ofKernel(kernelId: string): KernelWidget | null {
    const has = ({ sessionContext }: KernelWidget): boolean =>
      sessionContext.session?.kernel?.id === kernelId;
    const { current } = this;
    return current && has(current) ? current : (this._open().find(has) ?? null);
  }

  withId(id: string): KernelWidget | null {
    return this._open().find(widget => widget.id === id) ?? null;
  }

  private _open(): KernelWidget[] {
    const found: KernelWidget[] = [];
    const add = (widget: KernelWidget): void => {
      found.push(widget);
    };
    this._notebooks?.forEach(add);
    this._consoles?.forEach(add);
    return found.filter(widget => !widget.isDisposed);
  }

  private _update(): void {
    const next = this._find();
    if (next === this._current) {
      return;
    }
    this._current?.title.changed.disconnect(this._onTitleChanged, this);
    next?.title.changed.connect(this._onTitleChanged, this);
    this._current = next;
    this._changed.emit();
  }

  private _find(): KernelWidget | null {
    const focused = this._shell.currentWidget;
    const candidates = [
      this._notebooks?.currentWidget ?? null,
      this._consoles?.currentWidget ?? null
    ];
    const living = candidates.filter(widget => widget && !widget.isDisposed);
    const remembered = this._current?.isDisposed ? null : this._current;
    return (
      living.find(widget => widget === focused) ??
      (this._isTracked(remembered) ? remembered : null) ??
      living[0] ??
      null
    );
  }

  private _isTracked(widget: KernelWidget | null): boolean {
    return (
      widget !== null &&
      ((this._notebooks?.has(widget) ?? false) ||
        (this._consoles?.has(widget) ?? false))
    );
  }

  private _onTitleChanged(_: Title<Widget>): void {
    this._changed.emit();
  }

  private readonly _shell: JupyterFrontEnd.IShell;
  private readonly _notebooks: INotebookTracker | null;
  private readonly _consoles: IConsoleTracker | null;
  private _current: KernelWidget | null = null;
  private readonly _changed = new Signal<IActiveDocument, void>(this);
}

/** Provides the notebook or console that was used last. */
export const documentPlugin: JupyterFrontEndPlugin<IActiveDocument> = {
  id: 'jupyterlab-vram:document',
  description: 'Provides the notebook or console that was used last.',
  autoStart: true,
  provides: IActiveDocument,
  optional: [INotebookTracker, IConsoleTracker],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker | null,
    consoles: IConsoleTracker | null
  ): IActiveDocument => new ActiveDocument(app.shell, notebooks, consoles)
};
