import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import type { IDisposable } from '@lumino/disposable';
import { Menu } from '@lumino/widgets';

import type { ClearHow } from '../shared/actions';

/** The ways to clear memory, as a menu in JupyterLab's own looks. */
export class ClearMenu implements IDisposable {
  /**
   * @param clear - Called with the way that was chosen.
   * @param allowed - Whether a way is possible at the moment.
   * @param closed - Called after the menu has closed.
   */
  constructor(
    trans: TranslationBundle,
    clear: (how: ClearHow) => void,
    allowed: (how: ClearHow) => boolean,
    closed: () => void
  ) {
    const commands = new CommandRegistry();
    this._menu = new Menu({ commands });
    this._menu.addClass('jp-ThemedContainer');
    for (const how of WAYS) {
      commands.addCommand(how, {
        label: wayLabel(how, trans),
        caption: wayCaption(how, trans),
        isEnabled: () => allowed(how),
        execute: () => clear(how),
        describedBy: { args: { type: 'object', properties: {} } }
      });
      if (how === 'restart') {
        this._menu.addItem({ type: 'separator' });
      }
      this._menu.addItem({ command: how });
    }
    this._closed = closed;
    this._menu.aboutToClose.connect(this._onAboutToClose, this);
  }

  get isDisposed(): boolean {
    return this._menu.isDisposed;
  }

  /** Open below `anchor`, right edges aligned, with the first item active. */
  open(anchor: Element): void {
    const edge = anchor.getBoundingClientRect();
    this._menu.open(edge.right, edge.bottom, { horizontalAlignment: 'right' });
    this._menu.activateNextItem();
  }

  /** Ask anew which ways are possible: an open menu shows it. */
  refresh(): void {
    this._menu.update();
  }

  dispose(): void {
    this._menu.aboutToClose.disconnect(this._onAboutToClose, this);
    this._menu.dispose();
  }

  private _onAboutToClose(): void {
    this._closed();
  }

  private readonly _closed: () => void;
  private readonly _menu: Menu;
}

const WAYS: readonly ClearHow[] = [
  'insert-and-run',
  'quietly',
  'insert-only',
  'restart'
];

function wayLabel(how: ClearHow, trans: TranslationBundle): string {
  switch (how) {
    case 'insert-and-run':
      return trans.__('Insert Cell and Run');
    case 'quietly':
      return trans.__('Clear Quietly');
    case 'insert-only':
      return trans.__('Insert Cell Only');
    case 'restart':
      return trans.__('Restart Kernel…');
  }
}

function wayCaption(how: ClearHow, trans: TranslationBundle): string {
  switch (how) {
    case 'insert-and-run':
      return trans.__('Put the code that clears memory in a cell and run it');
    case 'quietly':
      return trans.__('Clear memory without leaving a cell behind');
    case 'insert-only':
      return trans.__('Put the code that clears memory in a cell');
    case 'restart':
      return trans.__('Give everything back; all variables are lost');
  }
}
