import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

import { splitCode } from './sentence';

/** One line below a cell's output: why it ran out of memory, and the way to more. */
export class FailureLine extends Widget {
  constructor(sentence: string, explain: () => void, trans: TranslationBundle) {
    super();
    this.addClass('jp-VramFailureLine');
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
}
