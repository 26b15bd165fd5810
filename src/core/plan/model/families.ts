import families from './families.json' with { type: 'json' };
import type { IFamily } from './family';
import type { Row } from './inherited';
import { inherited } from './inherited';

type Rows = Readonly<Record<string, Row<IFamily>>>;

const FAMILIES = inherited(families.families as Rows, families.bases as Rows);

/** Families that are another one under a name of their own. */
const ALIASES = new Map(Object.entries(families.aliases));

/** State-space models, and those whose layers share their weights. */
const UNPLANNED: ReadonlySet<string> = new Set(families.unplanned);

/** The family of that `model_type`; null for one that is not known. */
export function familyNamed(name: string): IFamily | null {
  return FAMILIES.get(name) ?? null;
}

/** The name of the family that `name` is another name of; itself for all others. */
export function sameAs(name: string): string {
  return ALIASES.get(name) ?? name;
}

/** Whether a family is known to be one that can't be planned for. */
export function isUnplanned(name: string): boolean {
  return UNPLANNED.has(name);
}
