import type { IPlannable } from '../../core/plan';
import { plannableOf, plannableOfText } from '../../core/plan';
import type { KvFormat } from '../../core/plan';
import { PRESETS } from '../../core/plan/presets';
import type { Sentence } from '../../core/text/translation';
import { sentenceOf } from '../../core/text/translation';

/** Where the model to plan for comes from. */
export type Source =
  | { readonly kind: 'preset'; readonly name: string }
  | { readonly kind: 'file'; readonly chosen: IChosen }
  | { readonly kind: 'pasted'; readonly text: string };

/** A model to plan for, or why there is none. */
export interface IChosen extends Partial<IPlannable> {
  /** One sentence; null while there is nothing to say. */
  readonly problem: Sentence | null;
  /** What a cell would load with transformers, and with llama.cpp; empty where unknown. */
  readonly model: string;
  readonly gguf: string;
}

/** As long as nothing is chosen. */
export const NOTHING: IChosen = { problem: null, model: '', gguf: '' };

/** The model of `source`. */
export function chosenOf(source: Source): IChosen {
  switch (source.kind) {
    case 'preset':
      return chosenOrWhyNot(() => ofPreset(source.name));
    case 'file':
      return source.chosen;
    case 'pasted':
      return source.text.trim() === ''
        ? NOTHING
        : chosenOrWhyNot(() => ({
            ...NOTHING,
            ...plannableOfText(source.text)
          }));
  }
}

function ofPreset(wanted: string): IChosen {
  const preset = PRESETS.find(({ name }) => name === wanted);
  const config = preset?.config ?? {};
  return {
    ...plannableOf(config),
    problem: null,
    model: preset?.repository ?? '',
    gguf: preset?.gguf ?? ''
  };
}

/** The model that `choose` returns; where it throws, the reason. */
export function chosenOrWhyNot(choose: () => IChosen): IChosen {
  try {
    return choose();
  } catch (error) {
    return { ...NOTHING, problem: sentenceOf(error) };
  }
}

/** What the plans are for, besides the model. */
export interface ITerms {
  /** `kernel:` and a device's id or `all`, or `card:` and a card's name. */
  readonly gpuKey: string;
  /** How many of a card. */
  readonly gpuCount: number;
  /** Null while what stands in the field is no number of tokens. */
  readonly contextTokens: number | null;
  readonly kvFormat: KvFormat;
}

/** What is planned for at first. */
export const DEFAULT_TERMS: ITerms = {
  gpuKey: '',
  gpuCount: 1,
  contextTokens: 4096,
  kvFormat: 'model'
};
