import type { IFitPlan, Planning } from './fit';
import { planFit } from './fit';
import type { IModelShape } from './model/shape';
import type { IFitOptions } from './result/options';
import { checked } from './result/options';
import { judged } from './result/verdict';

/** Plans of one shape that are kept; a search for the longest context makes about twenty. */
const MOST_PLANS = 500;

/**
 * A `planFit` that remembers its plans.
 *
 * What is free on a GPU changes only the verdict, which is given anew.
 */
export function rememberedPlanFit(): Planning {
  const plansOf = new WeakMap<IModelShape, Map<string, IFitPlan>>();
  return (shape, options) => {
    const plans = plansOf.get(shape) ?? new Map<string, IFitPlan>();
    plansOf.set(shape, plans);
    const key = keyOf(options);
    const known = plans.get(key);
    if (known) {
      return { ...known, verdicts: judged(known, checked(options)) };
    }
    const plan = planFit(shape, options);
    if (plans.size >= MOST_PLANS) {
      plans.clear();
    }
    plans.set(key, plan);
    return plan;
  };
}

/** Everything of `options` but what is free. */
function keyOf(options: IFitOptions): string {
  const gpus = options.gpus?.map(gpu => ({ ...gpu, freeBytes: null }));
  return JSON.stringify({ ...options, gpus });
}
