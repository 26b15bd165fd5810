import type { AgentRequest } from '../core/wire/generated';
import { MIME_TYPE, SCHEMA_VERSION } from '../core/wire/generated';

/**
 * Python's own names, by an expression that uses no name: a person may have
 * bound any of them to something else, `exec` and `__builtins__` included.
 *
 * A generator that runs knows the frames which called it: the function, the
 * expression, and the function of IPython's that evaluates the expression.
 */
const BUILTINS =
  '(lambda found: (found.append(each.gi_frame.f_back.f_back.f_back.f_builtins for each in found), [*found[0]][0])[1])([])';

/** Runs the bootstrap in a namespace of its own, given Python's own names. */
const RUN =
  "(lambda own, ns, code: (ns.update(__builtins__=own), own['exec'](code, ns), ns['reply'])[2])";

/**
 * The Python expression that carries `request` to the agent.
 *
 * It is evaluated as a `user_expression` of a silent request, depends on no
 * name of the person's and binds none, and raises nothing.
 *
 * @param bootstrap - the text of the agent's `bootstrap.py`
 * @param archive - the agent itself, for kernels that lack it; see `archiveOf`
 */
export function requestExpression(
  request: AgentRequest,
  bootstrap: string,
  archive: string | null
): string {
  const fields = [
    `'request': ${pythonText(JSON.stringify(request))}`,
    `'schema_version': ${SCHEMA_VERSION}`,
    `'archive': ${archive === null ? 'None' : pythonText(archive)}`
  ];
  const namespace = `{${fields.join(', ')}}`;
  return `${RUN}(${BUILTINS}, ${namespace}, ${pythonText(bootstrap)})`;
}

/** The agent's answer in the reply to a `user_expression`, or null if it holds none. */
export function answerIn(expression: unknown): unknown {
  if (!isRecord(expression) || expression.status !== 'ok') {
    return null;
  }
  const data = expression.data;
  return isRecord(data) ? (data[MIME_TYPE] ?? null) : null;
}

/** Whether an answer says that the kernel's environment lacks the agent. */
export function saysMissing(answer: unknown): boolean {
  return isRecord(answer) && answer.kind === 'missing';
}

/** JSON text is also a Python string literal: Python knows all of its escapes. */
function pythonText(text: string): string {
  return JSON.stringify(text);
}

/** Whether a value from a kernel is an object, a list among them. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
