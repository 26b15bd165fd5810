import { execFileSync } from 'node:child_process';
import path from 'node:path';

import type { Json } from '../core/wire';

/** The directory of the Python package. */
export const PACKAGE = path.resolve('jupyterlab_vram');

/** What became of one expression that Python evaluated. */
export interface IEvaluated {
  /** The entry of `user_expressions`, as ipykernel would send it. */
  readonly entry: Json;
  /** Names that the expression has left in the person's namespace. */
  readonly names: string[];
  /** Whether Python has noted a traceback. */
  readonly traceback: boolean;
}

/**
 * Evaluates expressions as ipykernel does its `user_expressions`: with the
 * person's namespace. `prelude` runs first, in a namespace of its own.
 */
const EVALUATE = `
import json, sys
job = json.load(sys.stdin)
exec(job["prelude"], {"__name__": "prelude"})
scope = {"__builtins__": __builtins__, "model": 1}
if job["shadowed"]:
    scope.update(dict.fromkeys(vars(__builtins__), 1), __builtins__={})
done = []
for expression in job["expressions"]:
    before = set(scope)
    try:
        value = eval(expression, scope, scope)
        entry = {"status": "ok", "data": value._repr_mimebundle_(), "metadata": {}}
    except Exception as error:
        entry = {"status": "error", "ename": type(error).__name__, "evalue": str(error)}
    done.append({
        "entry": entry,
        "names": sorted(set(scope) - before),
        "traceback": hasattr(sys, "last_traceback") or hasattr(sys, "last_exc"),
    })
print(json.dumps(done))
`;

/**
 * Evaluate one after the other in one Python that has no packages installed.
 *
 * @param shadowed - whether the person has bound every name of Python's to something else
 */
export function evaluate(
  expressions: readonly string[],
  prelude = '',
  shadowed = false
): IEvaluated[] {
  const output = execFileSync('python3', ['-I', '-S', '-c', EVALUATE], {
    input: JSON.stringify({ prelude, expressions, shadowed }),
    encoding: 'utf8'
  });
  return JSON.parse(output) as IEvaluated[];
}
