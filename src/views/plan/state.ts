import type { IPlannable } from '../../core/plan';
import {
  modelShape,
  nativeFormat,
  plannableOfText,
  PlanError
} from '../../core/plan';
import type { KvFormat } from '../../core/plan';
import { PRESETS } from '../../core/plan/presets';

/** Where the model to plan for comes from. */
export type Source =
  | { readonly kind: 'preset'; readonly name: string }
  | { readonly kind: 'file'; readonly chosen: IChosen }
  | { readonly kind: 'pasted'; readonly text: string };

/** A model to plan for, or why there is none. */
export interface IChosen extends Partial<IPlannable> {
  /** One sentence; null while there is nothing to say. */
  readonly problem: string | null;
  /** What a cell would load with transformers, and with llama.cpp; empty where unknown. */
  readonly model: string;
  readonly gguf: string;
}

/** The model of `source`. */
export function chosenOf(source: Source): IChosen {
  try {
    switch (source.kind) {
      case 'preset': {
        const preset = PRESETS.find(({ name }) => name === source.name);
        const config = preset?.config ?? {};
        return {
          shape: modelShape(config),
          native: nativeFormat(config),
          problem: null,
          model: preset?.repository ?? '',
          gguf: preset?.gguf ?? ''
        };
      }
      case 'file':
        return source.chosen;
      case 'pasted':
        return source.text.trim() === ''
          ? NOTHING
          : { ...NOTHING, ...plannableOfText(source.text) };
    }
  } catch (error) {
    return { ...NOTHING, problem: sentenceOf(error) };
  }
}

/** As long as nothing is chosen. */
export const NOTHING: IChosen = { problem: null, model: '', gguf: '' };

/** What went wrong, as a person should read it. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PlanError) {
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** What the plans are for, besides the model. */
export interface ITerms {
  /** `kernel:` and a device's id or `all`, or `card:` and a card's name. */
  readonly gpuKey: string;
  /** How many of a card. */
  readonly gpuCount: number;
  readonly contextTokens: number;
  readonly kvFormat: KvFormat;
}

/** What is planned for at first. */
export const DEFAULT_TERMS: ITerms = {
  gpuKey: '',
  gpuCount: 1,
  contextTokens: 4096,
  kvFormat: 'model'
};
