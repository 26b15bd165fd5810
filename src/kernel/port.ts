import type { ISignal } from '@lumino/signaling';

/** What a kernel says of its process, or a connection of the kernel. */
export type KernelStatus =
  | 'unknown'
  | 'starting'
  | 'idle'
  | 'busy'
  | 'terminating'
  | 'restarting'
  | 'autorestarting'
  | 'dead';

/**
 * What the agent's channel needs of a connection to a kernel.
 *
 * JupyterLab's `IKernelConnection` has all of it; the Deno helper and the tests
 * have connections of their own. What comes from a kernel is `unknown` here, for
 * a kernel can send anything.
 */
export interface IKernelPort {
  readonly isDisposed: boolean;
  readonly status: KernelStatus;
  readonly supportsSubshells: boolean;
  /** The subshell to which shell messages go; null for the main shell. */
  subshellId: string | null;
  readonly statusChanged: ISignal<IKernelPort, KernelStatus>;
  readonly iopubMessage: ISignal<IKernelPort, IPublishedMessage>;
  /** @throws Error if the kernel or the connection is gone */
  requestExecute(content: ISilentRequest): IKernelReply;
  requestCreateSubshell(content: Readonly<Record<never, never>>): IKernelReply;
  requestDeleteSubshell(content: ISubshell): IKernelReply;
}

/** A request whose code is empty: only its expression is evaluated. */
export interface ISilentRequest {
  readonly code: '';
  readonly silent: true;
  readonly store_history: false;
  readonly stop_on_error: false;
  readonly allow_stdin: false;
  readonly user_expressions: { readonly answer: string };
}

interface ISubshell {
  readonly subshell_id: string;
}

/** A request that was sent, and its reply, which is still to come. */
export interface IKernelReply {
  /** The request. */
  readonly msg: { readonly header: { readonly msg_id: string } };
  /** Rejected if the kernel or the connection goes away, and when it is disposed of. */
  readonly done: Promise<{ readonly content: IReplyContent }>;
  dispose(): void;
}

interface IReplyContent {
  readonly status?: unknown;
  readonly user_expressions?: unknown;
  readonly subshell_id?: unknown;
}

/** What a kernel publishes to every client. */
export interface IPublishedMessage {
  readonly header: { readonly msg_type?: unknown };
  /** The header of the request that the kernel was working on. */
  readonly parent_header: IParentHeader;
  /** Depends on the type; see `IPublishedContent`. */
  readonly content: object;
}

interface IParentHeader {
  readonly msg_id?: unknown;
  readonly msg_type?: unknown;
  /** Names the client that sent the request. */
  readonly session?: unknown;
  readonly subshell_id?: unknown;
}

/** What is read of the content of some messages. */
export interface IPublishedContent {
  readonly execution_state?: unknown;
  readonly restart?: unknown;
  readonly data?: unknown;
}
