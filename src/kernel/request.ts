import { MIME_TYPE, SCHEMA_VERSION } from '../core/wire/reading';

/** What the notebook keeps by itself: `all` is both. */
export type ReleaseGroup = 'outputs' | 'tracebacks' | 'all';

/** What a front end can ask of the agent; any request may name who asks, who then counts as there. */
export type AgentRequest = { readonly viewer?: string } & (
  | {
      readonly op: 'attach';
      readonly viewer: string;
      /** At least 250. */
      readonly interval_ms: number;
      /** True or false switches the practice device; null leaves it alone. */
      readonly practice: boolean | null;
      /** Whether torch's peak counters are reset at each cell; absent leaves it as it is. */
      readonly exact_peaks?: boolean;
      /** From how many bytes on a process is left over; absent: don't tell of processes. */
      readonly leftover_bytes?: number;
      /** For how long the viewer is pushed to without another request of its; absent: for ever. */
      readonly lease_s?: number;
    }
  | { readonly op: 'detach'; readonly viewer: string }
  | {
      readonly op: 'clear';
      /** Holders that let go first, by name; `all` for what the notebook itself holds. */
      readonly release?: readonly string[];
      /** Variables to delete. */
      readonly names?: readonly string[];
      /** The token of a preview: release what it showed, or nothing if that has changed. */
      readonly shown?: string;
    }
  | {
      readonly op: 'release_preview';
      /** Of holders: a variable may be called as a group is. */
      readonly names: readonly string[];
      readonly groups: readonly ReleaseGroup[];
    }
  | {
      readonly op: 'holders';
      /** Holders of less than this are summed up in one line. */
      readonly min_bytes: number;
    }
  | { readonly op: 'failure' }
  | { readonly op: 'model_file'; readonly path: string }
  | { readonly op: 'cached_models' }
  | { readonly op: 'processes'; readonly leftover_bytes: number }
  | {
      readonly op: 'stop';
      readonly pid: number;
      readonly identity: string;
      /** Kill it; only after it was asked to end. */
      readonly force: boolean;
    }
);

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
