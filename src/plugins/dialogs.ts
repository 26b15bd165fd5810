import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { Widget } from '@lumino/widgets';

/** What the user is asked before something ends or is released. */
export interface IConfirmation {
  readonly title: string;
  readonly body: string | HTMLElement;
  /** The label of the button that does it. */
  readonly accept: string;
  /** Whether the button that does it has the focus at first; else it is *Cancel*. */
  readonly focusAccept?: boolean;
}

/**
 * Ask, and return whether it is meant.
 *
 * No body is React's: JupyterLab waits for an idle browser before it moves the
 * focus into such a dialog, and until then Escape and Enter go elsewhere.
 */
export async function isConfirmed(
  asked: IConfirmation,
  trans: TranslationBundle
): Promise<boolean> {
  const { title, body, accept, focusAccept = false } = asked;
  const answer = await showDialog({
    title,
    body: typeof body === 'string' ? body : new Widget({ node: body }),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: accept })
    ],
    defaultButton: focusAccept ? 1 : 0
  });
  return answer.button.accept;
}
