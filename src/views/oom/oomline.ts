import type { TranslationBundle } from '@jupyterlab/translation';
import type { IDisposable } from '@lumino/disposable';

import { splitCode } from '../shared/message';

/**
 * One line below a cell's output: why it ran out of memory, and the way to more.
 *
 * It is no widget: the cell may be taken from the page before it is disposed.
 */
export class FailureLine implements IDisposable {
  constructor(sentence: string, explain: () => void, trans: TranslationBundle) {
    this.node.className = 'jp-VramFailureLine';
    this.node.setAttribute('role', 'note');
    const text = document.createElement('span');
    // The words may come from a kernel: they only ever become text.
    text.append(
      ...splitCode(sentence).map(part => {
        const node = document.createElement(part.code ? 'code' : 'span');
        node.textContent = part.text;
        return node;
      })
    );
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = trans.__('Explain');
    button.title = trans.__('Show why, and what to do, in the VRAM panel');
    button.addEventListener('click', explain);
    this.node.append(text, button);
  }

  readonly node = document.createElement('div');

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    this.node.remove();
  }

  private _isDisposed = false;
}
