import type { IFormat } from '../formats/formats';
import type { ICheckedOptions } from './options';
import type { IModelShape } from '../model/shape';
import { parametersOf, layerTensors } from '../model/tensors';

/** What a person should know of a plan; the words are in `notewords.ts`. */
export type NoteKind =
  | 'unknown-architecture'
  | 'recurrent'
  | 'partial'
  | 'from-tensors'
  | 'unread-fields'
  | 'omitted-fields'
  | 'unknown-format'
  | 'files-differ'
  /** Attention is written out: memory grows with the square of the context. */
  | 'eager'
  /** bitsandbytes leaves the experts in 16 bit. */
  | 'experts-16-bit'
  /** The context is longer than the model is made for. */
  | 'beyond-context'
  /** The card is older than Ampere and has no bf16. */
  | 'no-bf16'
  /** Windowed layers keep the whole prompt in transformers until the first new token. */
  | 'window-prefill';

/** One note, and the figure in it, if any. */
export interface INote {
  readonly kind: NoteKind;
  readonly figure: number | string | null;
}

const AMPERE = 8;

/** The notes on a plan for `shape`. */
export function notesOf(
  shape: IModelShape,
  format: IFormat,
  options: ICheckedOptions
): INote[] {
  const note = (kind: NoteKind, figure: INote['figure'] = null): INote => ({
    kind,
    figure
  });
  const notes = shape.uncertainties.map(doubt =>
    note(doubt, shape.about?.[doubt] ?? shape.architecture)
  );
  const isTorch = format.runtime === 'transformers';
  if (isTorch && shape.eager) {
    notes.push(note('eager', shape.architecture));
  }
  const experts = expertParameters(shape);
  const isBitsandbytes = /^(int8|nf4|fp4)/.test(format.name);
  if (isBitsandbytes && experts > 0) {
    notes.push(note('experts-16-bit', experts * 2));
  }
  if (
    shape.contextLimit !== null &&
    options.contextTokens > shape.contextLimit
  ) {
    notes.push(note('beyond-context', shape.contextLimit));
  }
  const major = options.gpus[0]?.computeCapability?.[0] ?? AMPERE;
  if (format.name === 'bf16' && major < AMPERE) {
    notes.push(note('no-bf16'));
  }
  const windows = shape.layers.map(({ attention }) => attention.window);
  if (
    isTorch &&
    windows.some(each => each !== null && options.contextTokens > each)
  ) {
    notes.push(note('window-prefill'));
  }
  return notes;
}

/** Parameters in experts, which share one tensor in each layer. */
export function expertParameters(shape: IModelShape): number {
  return shape.layers.reduce(
    (sum, layer) =>
      layer.feedForward?.kind === 'experts'
        ? sum +
          parametersOf(
            layerTensors(shape, layer).filter(({ part }) => part === 'experts')
          )
        : sum,
    0
  );
}
