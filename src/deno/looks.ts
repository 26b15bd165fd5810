import type { IAgentMessage, IReading } from '../core/reading';
import type { Client } from './client';
import type { Conversation } from './conversation';
import { converse, look } from './conversation';
import type { IProblem } from './errors';
import { problemOf, RoomError } from './errors';
import type { IDriverAnswer } from './nvidia';
import type { INotebook, INotebookReading } from './rows';

interface IMemory {
  readonly reading: IReading;
  readonly timeMs: number;
  readonly isRunning: boolean;
}

/** Looks at kernels, and remembers what it saw last for when one can't answer. */
export class Looks {
  constructor(private readonly _client: Client) {}

  /**
   * Look at one notebook. Never throws: what went wrong is in the row.
   *
   * @param timeoutMs - how long to wait for the kernel
   */
  async at(notebook: INotebook, timeoutMs: number): Promise<INotebookReading> {
    try {
      const talk = converse(this._client, notebook, conversation =>
        this._talk(notebook, conversation)
      );
      await within(talk, timeoutMs, notebook);
      return this._row(notebook, null);
    } catch (error) {
      return this._row(notebook, problemOf(error));
    }
  }

  /** Remember what a kernel said by itself. */
  note({ kernelId }: INotebook, { reading, running }: IAgentMessage): void {
    this._problems.delete(kernelId);
    this._pids.set(kernelId, reading.pid);
    const isRunning = running !== null;
    this._seen.set(kernelId, { reading, timeMs: Date.now(), isRunning });
  }

  /** Remember why a kernel says nothing. */
  fail({ kernelId }: INotebook, problem: IProblem): void {
    this._problems.set(kernelId, problem);
  }

  /** What is known of a notebook without asking. */
  known(notebook: INotebook): INotebookReading {
    return this._row(notebook, this._problems.get(notebook.kernelId) ?? null);
  }

  private async _talk(
    notebook: INotebook,
    conversation: Conversation
  ): Promise<void> {
    const { kernelId } = notebook;
    const [looked] = await Promise.allSettled([
      look(conversation),
      conversation.pid().then(pid => {
        if (pid !== null) {
          this._pids.set(kernelId, pid);
        }
      })
    ]);
    if (looked.status === 'rejected') {
      throw looked.reason;
    }
    this.note(notebook, looked.value);
  }

  private _row(
    notebook: INotebook,
    problem: IProblem | null
  ): INotebookReading {
    const seen = this._seen.get(notebook.kernelId);
    // The kernel knows better than the server whether a cell runs.
    const isFresh = seen !== undefined && problem === null;
    const state = seen?.isRunning === true ? 'busy' : 'idle';
    return {
      notebook: isFresh ? { ...notebook, state } : notebook,
      reading: seen?.reading ?? null,
      ageMs: seen ? Date.now() - seen.timeMs : null,
      pid: this._pids.get(notebook.kernelId) ?? null,
      driverBytes: null,
      problem
    };
  }

  private readonly _seen = new Map<string, IMemory>();
  private readonly _problems = new Map<string, IProblem>();
  private readonly _pids = new Map<string, number>();
}

/** `row` with what the driver of this machine says of its process. */
export function withDriver(
  row: INotebookReading,
  { uses }: IDriverAnswer
): INotebookReading {
  const own = uses.filter(({ pid }) => pid === row.pid);
  const known = own.flatMap(({ usedBytes }) => usedBytes ?? []);
  const isKnown = own.length > 0 && known.length === own.length;
  const sum = known.reduce((all, bytes) => all + bytes, 0);
  return { ...row, driverBytes: isKnown ? sum : null };
}

async function within(
  talk: Promise<void>,
  timeoutMs: number,
  { path }: INotebook
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const sentence = `The kernel of ${path} gave no answer within ${Math.round(timeoutMs / 1000)} s: native code may keep it busy. Try again later, or interrupt it.`;
    timer = setTimeout(
      () => reject(new RoomError('no-answer', sentence)),
      timeoutMs
    );
  });
  // It may still fail later, when nobody listens any more.
  talk.catch(() => undefined);
  try {
    await Promise.race([talk, late]);
  } finally {
    clearTimeout(timer);
  }
}
