import { english, TranslatedError } from '../core/text/translation';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { parseMessage } from '../core/wire/parse';
import type { AgentRequest, IAgentMessage } from '../core/wire/generated';
import { MIME_TYPE } from '../core/wire/generated';
import { SilentChannel } from './channel';
import type { IKernelPort, IPublishedContent, IPublishedMessage } from './port';
import type { IQuery } from './query';
import { RefusedError } from './query';
import { answerIn, isRecord, requestExpression, saysMissing } from './request';
import { agentSources, archiveOf } from './source';

/** What must not happen once more, after others have happened in the kernel. */
const CHANGES: ReadonlySet<AgentRequest['op']> = new Set(['clear', 'stop']);

/** That pushes are left out is said this often. */
const FLOOD_SAID_MS = 10_000;

/** Of a page's time one kernel may take up this share, … */
const SHARE = 0.3;
/** … and so many milliseconds at once. */
const BURST_MS = 300;

/** Thrown when the agent could not be reached or its answer made no sense. */
export class AgentError extends TranslatedError {}

/** The facts that answer a question, and the message that brought them. */
export interface IAnswer<T> {
  readonly message: IAgentMessage;
  readonly facts: T;
}

/**
 * The conversation with the agent in one kernel, over one connection.
 *
 * It asks only when told to; between requests it listens.
 */
export class KernelLink<
  T extends IKernelPort = IKernelPort
> implements IDisposable {
  constructor(kernel: T) {
    this._kernel = kernel;
    this._channel = new SilentChannel(kernel);
    kernel.iopubMessage.connect(this._onIOPubMessage, this);
  }

  /** Emitted for each message the agent pushes. */
  get messageReceived(): ISignal<this, IAgentMessage> {
    return this._messageReceived;
  }

  /** Emitted with the reason when a push is not what the agent would send. */
  get messageRejected(): ISignal<this, string> {
    return this._messageRejected;
  }

  get kernel(): T {
    return this._kernel;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /**
   * Ask the agent, delivering it first where the kernel lacks it.
   *
   * @throws Error if the agent's files could not be loaded
   * @throws BusyError if the kernel is busy and has no subshells
   * @throws NoAnswerError if no answer came in time
   * @throws AgentError if the answer makes no sense
   */
  async request(request: AgentRequest): Promise<IAgentMessage> {
    const parsed = parseMessage(await this._evaluate(request));
    if (!parsed.ok) {
      throw new AgentError(parsed.reason);
    }
    return parsed.message;
  }

  /**
   * Ask the agent a question.
   *
   * @throws what `request` throws
   * @throws RefusedError if the agent refused, with its reason
   */
  async ask<F>(question: IQuery<F>): Promise<IAnswer<F>> {
    const answer = await this._evaluate(question.request);
    const parsed = parseMessage(answer, question.read);
    if (!parsed.ok) {
      throw new AgentError(parsed.reason);
    }
    const { message } = parsed;
    if (message.kind === 'refused') {
      throw new RefusedError(
        message.reason ?? (trans => trans.__('The agent refused.'))
      );
    }
    if (parsed.answer === null) {
      throw new AgentError(trans =>
        trans.__('The agent answered something else')
      );
    }
    return { message, facts: parsed.answer };
  }

  /**
   * Tell the agent something in this very moment, the last of a page, and without
   * an answer. Only an agent that was asked before can be told.
   */
  tell(request: AgentRequest): void {
    if (this._bootstrap !== null && !this._isDisposed) {
      this._channel.tell(requestExpression(request, this._bootstrap, null));
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._kernel.iopubMessage.disconnect(this._onIOPubMessage, this);
    this._channel.dispose();
    Signal.clearData(this);
  }

  /** The agent's answer, as it came; the agent is delivered where it is missing. */
  private async _evaluate(request: AgentRequest): Promise<unknown> {
    const sources = await agentSources();
    const mayRepeat = !CHANGES.has(request.op);
    const bootstrap = sources['agent/bootstrap.py'];
    this._bootstrap = bootstrap;
    const evaluate = async (archive: string | null): Promise<unknown> => {
      const expression = requestExpression(request, bootstrap, archive);
      return answerIn(await this._channel.evaluate(expression, mayRepeat));
    };
    let answer = await evaluate(null);
    if (saysMissing(answer)) {
      answer = await evaluate(await archiveOf(sources));
    }
    if (saysMissing(answer) || answer === null) {
      throw new AgentError(trans =>
        trans.__('The kernel could not run the agent')
      );
    }
    return answer;
  }

  private _onIOPubMessage(_: IKernelPort, message: IPublishedMessage): void {
    if (message.header.msg_type !== 'update_display_data') {
      return;
    }
    const { data }: IPublishedContent = message.content;
    const payload = isRecord(data) ? data[MIME_TYPE] : undefined;
    if (payload === undefined) {
      return;
    }
    const nowMs = performance.now();
    const isTaken = this._budget.spend(() => this._take(payload));
    if (!isTaken && nowMs - this._floodSaidMs > FLOOD_SAID_MS) {
      this._floodSaidMs = nowMs;
      this._messageRejected.emit(
        'The kernel sends more than can be shown. A part of it is left out.'
      );
    }
  }

  private _take(payload: unknown): void {
    const parsed = parseMessage(payload);
    if (parsed.ok) {
      this._messageReceived.emit(parsed.message);
    } else {
      this._messageRejected.emit(parsed.reason(english));
    }
  }

  private readonly _kernel: T;
  private readonly _channel: SilentChannel;
  /** The text of `bootstrap.py`, once it is loaded. */
  private _bootstrap: string | null = null;
  private readonly _budget = new Budget();
  private _floodSaidMs = -Infinity;
  private _isDisposed = false;
  private readonly _messageReceived = new Signal<this, IAgentMessage>(this);
  private readonly _messageRejected = new Signal<this, string>(this);
}

/**
 * Bounds how much of a page's time goes into what one kernel sends.
 *
 * A kernel runs code of anybody, and can send without end.
 */
class Budget {
  /** Do `work`, unless too much was done lately; returns whether it was done. */
  spend(work: () => void): boolean {
    const startMs = performance.now();
    const sinceMs = Math.max(0, startMs - this._checkedMs);
    this._spentMs = Math.max(0, this._spentMs - SHARE * sinceMs);
    this._checkedMs = startMs;
    if (this._spentMs > BURST_MS) {
      return false;
    }
    try {
      work();
    } finally {
      this._spentMs += Math.max(0, performance.now() - startMs);
    }
    return true;
  }

  private _spentMs = 0;
  private _checkedMs = 0;
}
