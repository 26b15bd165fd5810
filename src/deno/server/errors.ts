/** What went wrong, as a code that a script can compare. */
export type RoomErrorCode =
  /** No Jupyter server was found. */
  | 'no-server'
  /** Several servers run, and none of them is this notebook's. */
  | 'several-servers'
  /** The server does not answer. */
  | 'unreachable'
  /** The server refused the token. */
  | 'wrong-token'
  /** The server only knows a password. */
  | 'password-only'
  /** The server, or a kernel, sent what makes no sense. */
  | 'strange-answer'
  /** No running notebook has this name. */
  | 'no-such-notebook'
  /** Several running notebooks have this name. */
  | 'ambiguous-name'
  /** It is no Python notebook. */
  | 'not-python'
  /** The kernel ended, or was shut down, meanwhile. */
  | 'kernel-gone'
  /** The kernel was restarted meanwhile. */
  | 'restarted'
  /** The kernel gave no answer in time. */
  | 'no-answer'
  /** Nobody is connected: the server would drop the output that it keeps. */
  | 'would-drop-output'
  /** The kernel runs a cell, and can't be asked meanwhile. */
  | 'busy'
  /** The kernel's agent did not do what it was asked to do. */
  | 'refused'
  /** A process that can't be stopped. */
  | 'not-stoppable'
  /** Deno was started without a permission that is needed. */
  | 'no-permission'
  /** What was passed makes no sense. */
  | 'bad-argument';

/** Thrown by everything here; the message says in plain words what to do. */
export class RoomError extends Error {
  constructor(
    readonly code: RoomErrorCode,
    message: string
  ) {
    super(message);
    this.name = 'RoomError';
  }
}

/** Why one row has no figures. */
export interface IProblem {
  readonly code: RoomErrorCode;
  readonly sentence: string;
  /** Since when, as far as is known; milliseconds since the epoch. */
  readonly sinceMs: number;
}

/** `error` as a row shows it. */
export function problemOf(error: unknown, sinceMs = Date.now()): IProblem {
  return error instanceof RoomError
    ? { code: error.code, sentence: error.message, sinceMs }
    : { code: 'strange-answer', sentence: sentenceOf(error), sinceMs };
}

/** What `error` says, whatever was thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `error`, or what to do about it where Deno lacked a permission; `flag` such as `--allow-net`. */
export function withoutPermission(error: unknown, flag: string): unknown {
  const { NotCapable, PermissionDenied } = Deno.errors;
  const isRefused =
    error instanceof NotCapable || error instanceof PermissionDenied;
  return isRefused
    ? new RoomError(
        'no-permission',
        `Deno may not do this: start it with ${flag}. The guide lists what is needed.`
      )
    : error;
}
