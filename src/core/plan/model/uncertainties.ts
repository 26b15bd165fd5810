import type { Config } from './config';
import type { IFamily } from './family';
import type { Doubt, ILayer, IModelShape } from './shape';

/** Names under which configs keep a part that sees or hears. */
const SENSES = /vision|visual|audio|speech|image|img_/;
/** Fields that a note names at most. */
const MOST_NAMED = 4;

/** Whether there is a part that sees or hears beside the one that makes text. */
export function hasSenses(
  config: Config,
  outer: Config,
  family: IFamily
): boolean {
  return (
    config !== outer ||
    (family.isPartial ?? false) ||
    config.objects(SENSES).length > 0
  );
}

/** What is unsure of a model of `known` family (null: of none). */
export function doubtsOf(
  known: IFamily | null,
  layers: readonly ILayer[],
  isPartial: boolean
): Doubt[] {
  const doubts: Doubt[] = [];
  if (!known) {
    doubts.push('unknown-architecture');
  }
  if (layers.some(({ attention }) => attention.kind === 'recurrent')) {
    doubts.push('recurrent');
  }
  if (isPartial) {
    doubts.push('partial');
  }
  return doubts;
}

/** `shape` with a doubt about something. */
export function withDoubt(
  shape: IModelShape,
  doubt: Doubt,
  about: string | number
): IModelShape {
  return {
    ...shape,
    doubts: [...shape.doubts, doubt],
    about: { ...shape.about, [doubt]: about }
  };
}

/** `shape` with a doubt about some fields of its config, if there are any. */
export function withFields(
  shape: IModelShape,
  doubt: Doubt,
  names: readonly string[]
): IModelShape {
  const more = names.length > MOST_NAMED ? ', …' : '';
  return names.length === 0
    ? shape
    : withDoubt(shape, doubt, names.slice(0, MOST_NAMED).join(', ') + more);
}
