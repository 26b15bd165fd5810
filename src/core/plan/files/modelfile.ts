import type { IPlannable } from '../model/published';
import { plannableOf } from '../model/published';
import { parsePythonJson } from './pythonjson';
import { PlanError } from '../model/shape';

/** As the agent reads of a config. */
const MAX_JSON = 2 ** 24;

/**
 * What to plan for, from the text of a `config.json`.
 *
 * @throws PlanError when it is not JSON, or can't be planned for.
 */
export function plannableOfText(
  text: string,
  weightsBytes: number | null = null
): IPlannable {
  return plannableOf(parsed(text), weightsBytes);
}

/** @throws PlanError for what is not JSON, or longer than is believed of a config. */
export function parsed(text: string): unknown {
  if (text.length > MAX_JSON) {
    throw new PlanError(trans =>
      trans.__('This is longer than 16 MiB, too long for a config.')
    );
  }
  try {
    return parsePythonJson(text);
  } catch {
    throw new PlanError(trans =>
      trans.__('This is not JSON: paste the whole of a config.json.')
    );
  }
}
