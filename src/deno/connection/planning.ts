import type { IFitPlan, IGpu, IPlannable, IPlanRemedy } from '../../core/plan';
import {
  firstThatFits,
  halfFormat,
  plannableOf,
  plannableOfText,
  PlanError,
  remediesFor,
  plansOf
} from '../../core/plan';
import { CARDS, PRESETS } from '../../core/plan/presets';
import { GIB, MIB } from '../../core/text/units';
import { RoomError } from '../server/errors';

/** What to plan for. */
export interface IPlanQuestion {
  /** A name such as `Qwen3-8B` or `Qwen/Qwen3-8B`, or the object or text of a `config.json`. */
  readonly model: string | Readonly<Record<string, unknown>>;
  /** A size such as `24 GiB`, or a card's name such as `RTX 4090`; the biggest GPU in use by default. */
  readonly gpu?: string;
  /** Tokens of prompt and answer together; 4096 by default. */
  readonly contextTokens?: number;
}

/** What a model takes in every format, and whether it fits. */
export interface IModelPlan {
  readonly model: string;
  readonly gpu: IGpu | null;
  /** From the best format to the smallest. */
  readonly plans: readonly IFitPlan[];
  /** The best that fits; null where none does. */
  readonly best: IFitPlan | null;
  /** What to do where nothing fits, in the order of what it costs. */
  readonly remedies: readonly IPlanRemedy[];
}

/**
 * Plan for a model.
 *
 * @param found - the GPU that is used where the question names none
 * @throws RoomError `bad-argument`
 */
export function planModel(
  question: IPlanQuestion,
  found: IGpu | null
): IModelPlan {
  const { name, plannable } = modelNamed(question.model);
  const gpu = question.gpu === undefined ? found : gpuNamed(question.gpu);
  const options = {
    contextTokens: question.contextTokens,
    gpus: gpu === null ? [] : [gpu]
  };
  return orBadArgument(() => {
    const plans = plansOf(plannable, options);
    const best = firstThatFits(plans);
    return {
      ...{ model: name, gpu, plans, best },
      remedies: best
        ? []
        : remediesFor(plannable.shape, { ...options, format: halfFormat(gpu) })
    };
  });
}

/** The GPU of a size or of a card's name. */
export function gpuNamed(text: string): IGpu {
  const size = /^\s*(\d+(?:\.\d+)?)\s*([GM])(?:i?B)?\s*$/i.exec(text);
  if (size) {
    const unit = size[2]?.toUpperCase() === 'G' ? GIB : MIB;
    return {
      ...{ name: text.trim(), freeBytes: null, computeCapability: null },
      totalBytes: Math.round(Number(size[1]) * unit)
    };
  }
  const key = plain(text);
  const cards = CARDS.filter(
    card => key !== '' && plain(card.name).includes(key)
  );
  const [first, ...others] = cards;
  if (!first || others.length > 0) {
    const names = (first ? cards : CARDS).map(card => card.name).join(', ');
    throw new RoomError(
      'bad-argument',
      `${first ? 'Several cards are' : 'No card is'} called ${text}: give a size such as "24 GiB", or one of ${names}.`
    );
  }
  return first;
}

function modelNamed(model: IPlanQuestion['model']): {
  readonly name: string;
  readonly plannable: IPlannable;
} {
  if (typeof model !== 'string') {
    const name =
      typeof model._name_or_path === 'string'
        ? model._name_or_path
        : 'config.json';
    return orBadArgument(() => ({
      name,
      plannable: plannableOf(model)
    }));
  }
  if (model.trim().startsWith('{')) {
    return orBadArgument(() => ({
      name: 'config.json',
      plannable: plannableOfText(model)
    }));
  }
  const key = plain(model);
  const preset = PRESETS.find(
    ({ name, repository }) =>
      plain(name) === key ||
      plain(repository) === key ||
      plain(repository.split('/')[1] ?? '') === key
  );
  if (!preset) {
    const names = PRESETS.map(({ name }) => name).join(', ');
    throw new RoomError(
      'bad-argument',
      `The model ${model} is not known by name: pass its config.json, as an object or as text. Known are ${names}.`
    );
  }
  return modelNamedOf(preset.name, preset.config);
}

function modelNamedOf(
  name: string,
  config: Readonly<Record<string, unknown>>
): { readonly name: string; readonly plannable: IPlannable } {
  return { name, plannable: plannableOf(config) };
}

/** Without case, spaces and marks, by which people write names differently. */
function plain(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9.]/g, '');
}

function orBadArgument<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof PlanError
      ? new RoomError('bad-argument', error.message)
      : error;
  }
}
