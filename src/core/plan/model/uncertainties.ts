import type { Config } from './config';
import type { IFamily } from './family';
import type { Uncertainty, ILayer, IModelShape } from './shape';

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
export function uncertaintiesOf(
  known: IFamily | null,
  layers: readonly ILayer[],
  isPartial: boolean
): Uncertainty[] {
  const uncertainties: Uncertainty[] = [];
  if (!known) {
    uncertainties.push('unknown-architecture');
  }
  if (layers.some(({ attention }) => attention.kind === 'recurrent')) {
    uncertainties.push('recurrent');
  }
  if (isPartial) {
    uncertainties.push('partial');
  }
  return uncertainties;
}

/** `shape` with a doubt about something. */
export function withUncertainty(
  shape: IModelShape,
  uncertainty: Uncertainty,
  about: string | number
): IModelShape {
  return {
    ...shape,
    uncertainties: [...shape.uncertainties, uncertainty],
    about: { ...shape.about, [uncertainty]: about }
  };
}

/** `shape` with a doubt about some fields of its config, if there are any. */
export function withFields(
  shape: IModelShape,
  uncertainty: Uncertainty,
  names: readonly string[]
): IModelShape {
  const more = names.length > MOST_NAMED ? ', …' : '';
  return names.length === 0
    ? shape
    : withUncertainty(
        shape,
        uncertainty,
        names.slice(0, MOST_NAMED).join(', ') + more
      );
}
