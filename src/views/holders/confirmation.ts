import type { TranslationBundle } from '@jupyterlab/translation';

import type { IReleasePreview } from '../../core/wire/generated';
import { formatBytes } from '../../core/text/units';
import { uncheckedWords } from './promise';

/**
 * The body of the dialog before something is released: the code, and what it
 * gives back, as the kernel said just now.
 *
 * Built by hand: JupyterLab moves the focus into a dialog with a React body
 * only once the browser is idle, which a busy page may never be.
 */
export function confirmationBody(
  preview: IReleasePreview,
  trans: TranslationBundle
): HTMLElement {
  const body = document.createElement('div');
  body.className = 'jp-VramConfirmation';
  const code = document.createElement('pre');
  code.textContent = preview.code.join('\n');
  body.append(
    paragraph(trans.__('This runs in the kernel:')),
    code,
    ...confirmationSentences(preview, trans).map(paragraph)
  );
  return body;
}

/** What a release gives back and what not, and what comes with it. */
export function confirmationSentences(
  preview: IReleasePreview,
  trans: TranslationBundle
): string[] {
  const { devices, isChecked, isComplete, missing, stuck, notes } = preview;
  const several = devices.length > 1;
  return [
    ...devices.map(device => {
      const words = [
        device.freesBytes > 0
          ? trans.__('It frees %1.', formatBytes(device.freesBytes))
          : trans.__('It frees nothing.'),
        ...staysWords(device.staysBytes, preview, trans),
        ...(device.collectedBytes > 0
          ? [
              trans.__(
                '%1 of garbage is collected, too.',
                formatBytes(device.collectedBytes)
              )
            ]
          : [])
      ].join(' ');
      return several ? `${device.id}: ${words}` : words;
    }),
    ...(isComplete
      ? []
      : [trans.__('The search ran out of time: the amount may differ.')]),
    ...(isChecked ? [] : [uncheckedWords(trans)]),
    ...(missing.length > 0
      ? [trans.__('No longer holds anything: %1.', missing.join(', '))]
      : []),
    ...(stuck.length > 0
      ? [trans.__('Can’t be released: %1.', stuck.join(', '))]
      : []),
    ...notes
  ];
}

function staysWords(
  bytes: number,
  { keptBy }: IReleasePreview,
  trans: TranslationBundle
): string[] {
  if (bytes === 0) {
    return [];
  }
  const shown = keptBy.slice(0, MAX_NAMES).join(', ');
  const rest = keptBy.length - MAX_NAMES;
  const names =
    rest > 0
      ? trans._n('%2 and %1 more', '%2 and %1 more', rest, shown)
      : shown;
  return [
    names === ''
      ? trans.__('%1 stays: others hold it.', formatBytes(bytes))
      : trans.__('%1 stays: also held by %2.', formatBytes(bytes), names)
  ];
}

/** Names that are written out before the rest is counted. */
const MAX_NAMES = 3;

function paragraph(text: string): HTMLElement {
  const node = document.createElement('p');
  node.textContent = text;
  return node;
}
