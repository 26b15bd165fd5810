import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { PromiseDelegate, UUID } from '@lumino/coreutils';
import type { Slot } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { MIME_TYPE } from '../../src/core/wire/generated';
import type { AgentRequest } from '../../src/core/wire/generated';
import type { Json } from '../core/wire';

/** One request that a test answers, or lets be. */
export class FakeFuture {
  constructor(readonly content: Json) {
    this._done.promise.catch(() => undefined);
  }

  readonly msg = { header: { msg_id: UUID.uuid4() }, content: {} };
  isDisposed = false;

  get done(): Promise<unknown> {
    return this._done.promise;
  }

  reply(content: Json): void {
    this._done.resolve({ content });
  }

  reject(): void {
    this._done.reject(new Error('Canceled future'));
  }

  dispose(): void {
    this.isDisposed = true;
    this.reject();
  }

  private readonly _done = new PromiseDelegate<unknown>();
}

/** A signal that knows how many listen. */
export class CountedSignal<T, U> extends Signal<T, U> {
  listeners = 0;

  override connect(slot: Slot<T, U>, thisArg?: unknown): boolean {
    const isNew = super.connect(slot, thisArg);
    this.listeners += isNew ? 1 : 0;
    return isNew;
  }

  override disconnect(slot: Slot<T, U>, thisArg?: unknown): boolean {
    const wasThere = super.disconnect(slot, thisArg);
    this.listeners -= wasThere ? 1 : 0;
    return wasThere;
  }
}

/** What a fake agent answers: the JSON of a message, or undefined for no answer. */
export type Answerer = (
  request: AgentRequest,
  expression: string
) => Json | undefined;

const INFO = { language_info: { name: 'python' } };

/** A connection whose kernel does what the test says. */
export class FakeConnection {
  constructor(options: Partial<FakeConnection> = {}) {
    Object.assign(this, options);
  }

  id = 'kernel-1';
  name = 'python3';
  status: Kernel.Status = 'idle';
  connectionStatus: Kernel.ConnectionStatus = 'connected';
  supportsSubshells = false;
  subshellId: string | null = null;
  isDisposed = false;
  info: Promise<unknown> = Promise.resolve(INFO);
  /** Answers every request at once, as an idle kernel does. */
  answer: Answerer | null = null;
  /** Set, so that `requestExecute` throws: JupyterLab does it for a dead kernel. */
  refusal: Error | null = null;

  /** Every `execute_request` to the main shell, oldest first. */
  readonly executes: FakeFuture[] = [];
  /** Every `execute_request` to a subshell, oldest first, and the subshell of each. */
  readonly besides: FakeFuture[] = [];
  readonly besideIds: string[] = [];
  /** Every `create_subshell_request`. */
  readonly creates: FakeFuture[] = [];
  /** The subshell of each `delete_subshell_request`. */
  readonly deleted: unknown[] = [];
  /** How often this connection was cloned: each time a socket more. */
  clones = 0;

  readonly statusChanged = new CountedSignal<this, Kernel.Status>(this);
  readonly connectionStatusChanged = new CountedSignal<
    this,
    Kernel.ConnectionStatus
  >(this);
  readonly iopubMessage = new CountedSignal<this, KernelMessage.IIOPubMessage>(
    this
  );
  readonly disposed = new CountedSignal<this, void>(this);

  /** How many connections there are to the signals of this connection. */
  get listeners(): number {
    return (
      this.statusChanged.listeners +
      this.connectionStatusChanged.listeners +
      this.iopubMessage.listeners +
      this.disposed.listeners
    );
  }

  /** This connection, as the code under test knows it. */
  get kernel(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }

  /** The requests of the agent's that came over this connection, decoded; those beside the main shell last. */
  get requests(): AgentRequest[] {
    return [...this.executes, ...this.besides].map(future =>
      requestIn(expressionOf(future))
    );
  }

  /** The operations of those requests. */
  get operations(): string[] {
    return this.requests.map(request => request.op);
  }

  requestExecute(content: Json): FakeFuture {
    if (this.refusal) {
      throw this.refusal;
    }
    const future = new FakeFuture(content);
    if (this.subshellId === null) {
      this.executes.push(future);
    } else {
      this.besides.push(future);
      this.besideIds.push(this.subshellId);
    }
    const expression = expressionOf(future);
    const payload = this.answer?.(requestIn(expression), expression);
    if (payload !== undefined) {
      const shell = this.subshellId;
      void Promise.resolve().then(() => this._answer(future, payload, shell));
    }
    return future;
  }

  requestCreateSubshell(): FakeFuture {
    const future = new FakeFuture({});
    this.creates.push(future);
    return future;
  }

  requestDeleteSubshell({ subshell_id }: Json): FakeFuture {
    this.deleted.push(subshell_id);
    return new FakeFuture({});
  }

  clone(): FakeConnection {
    this.clones++;
    return new FakeConnection({ id: this.id });
  }

  dispose(): void {
    if (!this.isDisposed) {
      this.isDisposed = true;
      this.disposed.emit();
      Signal.clearData(this);
    }
  }

  /** Change the status, as a `status` message does. */
  setStatus(status: Kernel.Status): void {
    if (this.status !== status) {
      this.status = status;
      this.statusChanged.emit(status);
    }
  }

  setConnectionStatus(status: Kernel.ConnectionStatus): void {
    this.connectionStatus = status;
    this.setStatus('unknown');
    this.connectionStatusChanged.emit(status);
  }

  /** What the kernel publishes when it begins or ends what `parent` asked for. */
  say(
    state: 'busy' | 'idle',
    msg_type = 'execute_request',
    subshell_id: string | null = null,
    msg_id = 'of another client'
  ): void {
    this.setStatus(state);
    this.publish(
      'status',
      { execution_state: state },
      { msg_type, subshell_id, msg_id }
    );
  }

  /** What the agent pushes. */
  push(payload: unknown): void {
    this.publish('update_display_data', { data: { [MIME_TYPE]: payload } });
  }

  publish(msg_type: string, content: Json, parent: Json = {}): void {
    this.iopubMessage.emit({
      channel: 'iopub',
      header: { msg_type },
      parent_header: parent,
      content
    } as unknown as KernelMessage.IIOPubMessage);
  }

  private _answer(
    future: FakeFuture,
    payload: Json,
    shell: string | null
  ): void {
    this.say('busy', 'execute_request', shell);
    future.reply(replyWith(payload));
    this.say('idle', 'execute_request', shell);
  }
}

/** The content of an `execute_reply` that carries `payload`. */
export function replyWith(payload: unknown): Json {
  const answer = { status: 'ok', data: { [MIME_TYPE]: payload }, metadata: {} };
  return { status: 'ok', user_expressions: { answer } };
}

/** The expression that a request asks to evaluate. */
export function expressionOf(future: FakeFuture): string {
  return (future.content.user_expressions as { answer: string }).answer;
}

/** The request in an expression of `requestExpression`. */
function requestIn(expression: string): AgentRequest {
  const text = /'request': ("(?:[^"\\]|\\.)*")/.exec(expression)?.[1];
  const decoded = JSON.parse(text ?? 'null') as string | null;
  return JSON.parse(decoded ?? '{}') as AgentRequest;
}

/** Whether an expression brings the agent along. */
export function bringsArchive(expression: string): boolean {
  return !expression.includes("'archive': None}");
}
