import type { ITranslate } from '../../text/translation';
import { formatBytes } from '../../text/units';
import type { INote, NoteKind } from './notes';

/** One note as a sentence. */
export function noteSentence(note: INote, trans: ITranslate): string {
  const figure =
    typeof note.figure === 'number' && BYTES.has(note.kind)
      ? formatBytes(note.figure)
      : String(note.figure ?? '');
  return WORDS[note.kind](figure, trans);
}

/** Notes whose figure is a size. */
const BYTES = new Set<NoteKind>(['experts-16-bit', 'files-differ']);

const WORDS: Readonly<
  Record<NoteKind, (figure: string, trans: ITranslate) => string>
> = {
  'unknown-architecture': (figure, trans) =>
    trans.__(
      'The architecture %1 is not known: it is taken for a Llama-like one, and the range is wider.',
      figure
    ),
  'unread-fields': (figure, trans) =>
    trans.__(
      'Its config has fields that the planner does not know, so it may take far less or more: %1.',
      figure
    ),
  'omitted-fields': (figure, trans) =>
    trans.__(
      'The config leaves these out, so the defaults of transformers are used: %1.',
      figure
    ),
  'unknown-format': (figure, trans) =>
    trans.__(
      'The weights are published in a format that the planner does not know (%1): as published, they have a different size from these formats.',
      figure
    ),
  'files-differ': (figure, trans) =>
    trans.__(
      'The weight files beside the config have %1, which is not the size of this model in 16 or 32 bit: they may be quantized, or the model may differ from its config.',
      figure
    ),
  recurrent: (_, trans) =>
    trans.__(
      'Some layers keep a state instead of keys and values: what they need while they run depends on the installed packages.'
    ),
  partial: (_, trans) =>
    trans.__('Only the text part is known well: images and sound need more.'),
  'from-tensors': (_, trans) =>
    trans.__(
      'Derived from the names of the tensors alone: with the config.json, the plan is more certain.'
    ),
  eager: (figure, trans) =>
    trans.__(
      'In transformers, %1 writes out every attention score: memory grows with the square of the context.',
      figure
    ),
  'experts-16-bit': (figure, trans) =>
    trans.__('bitsandbytes leaves the experts in 16 bit: %1 of them.', figure),
  'beyond-context': (figure, trans) =>
    trans.__('The model is made for at most %1 tokens.', figure),
  'no-bf16': (_, trans) =>
    trans.__('This card is older than Ampere: use fp16, not bf16.'),
  'window-prefill': (_, trans) =>
    trans.__(
      'Layers with a window keep the whole prompt in transformers, and make a mask of all pairs of tokens.'
    )
};
