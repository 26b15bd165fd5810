import type {
  AgentRequest,
  IAgentMessage,
  ICellRecord
} from '../core/wire/generated';
import type { IAnswer } from '../kernel/link';
import type { IQuery } from '../kernel/query';
import type { ICleared } from './cleared';
import { LatestClear } from './cleared';
import type { Connections } from './connections';
import { HoldingsLook } from './holdings';

/** What a kernel is asked only when a person wants it: who holds its memory, and to clear it. */
export class OnDemand {
  /**
   * @param connections - to the kernel
   * @param take - takes the message of each answer
   * @param changed - called after a change of what is below
   */
  constructor(
    private readonly _connections: Connections,
    private readonly _take: (message: IAgentMessage) => void,
    private readonly _changed: () => void
  ) {}

  readonly holdings = new HoldingsLook(
    async question => this._answerTo(question),
    () => this._changed()
  );

  get cleared(): ICleared | null {
    return this._cleared.value;
  }

  async ask<T>(question: IQuery<T>): Promise<T> {
    return (await this._answerTo(question)).facts;
  }

  /** Returns why nothing was done, or null when it was done. */
  async clear(request: AgentRequest): Promise<string | null> {
    const message = await this._connections.request(request);
    this._take(message);
    if (message.kind === 'refused') {
      return message.reason;
    }
    this.holdings.outdate();
    if (this.holdings.found !== null) {
      void this.holdings.ask();
    }
    return null;
  }

  noteCleared(record: ICellRecord): void {
    this._cleared.noteCell(record);
    this._changed();
  }

  /** The agent may have cleared, after the cell of `latest`. */
  noteMessage(message: IAgentMessage, latest: ICellRecord | undefined): void {
    if (message.clear) {
      this._cleared.noteRequest(message.clear, message.reading, latest);
    }
  }

  /** Hold what is known against what the kernel has told since. */
  observe({ reading }: IAgentMessage, records: readonly ICellRecord[]): void {
    this._cleared.observe(reading, records);
    this.holdings.observe(reading, records);
  }

  /** The kernel restarted: nothing of the old process is true any more. */
  forget(): void {
    this._cleared.forget();
    this.holdings.forget();
  }

  private async _answerTo<T>(question: IQuery<T>): Promise<IAnswer<T>> {
    const answer = await this._connections.ask(question);
    this._take(answer.message);
    return answer;
  }

  private readonly _cleared = new LatestClear();
}
