import { DENSE_FAMILIES } from './densefamilies';
import type { IFamily } from './family';
import { GPT_FAMILIES } from './gptfamilies';
import { MOE_FAMILIES } from './moefamilies';

/** The families that are known by `model_type`. */
const FAMILIES = new Map<string, IFamily>(
  [DENSE_FAMILIES, MOE_FAMILIES, GPT_FAMILIES].flatMap(table =>
    Object.entries(table)
  )
);

/** The family of that `model_type`; null for one that is not known. */
export function familyNamed(name: string): IFamily | null {
  return FAMILIES.get(name) ?? null;
}
