import type { IAgentMessage, IReading } from '../../core/wire/generated';
import type { Client } from '../server/client';
import type { Conversation } from './conversation';
import { converse, look } from './conversation';
import type { IProblem } from '../server/errors';
import { problemOf, RoomError } from '../server/errors';
import type { IDriverAnswer } from '../server/nvidia';
import type { INotebook, INotebookReading } from '../server/rows';
import type { IAskOptions } from './tokens';

interface IMemory {
  readonly reading: IReading;
  /** When it was true last. */
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
  async at(
    notebook: INotebook,
    timeoutMs: number,
    options: IAskOptions = {}
  ): Promise<INotebookReading> {
    try {
      const talk = converse(
        this._client,
        notebook,
        conversation => this._talk(notebook, conversation),
        options
      );
      await within(talk, timeoutMs, notebook);
    } catch (error) {
      this.fail(notebook, problemOf(error));
    }
    return this.known(notebook);
  }

  /** Remember what a kernel said by itself. */
  note({ kernelId }: INotebook, { reading, running }: IAgentMessage): void {
    const before = this._seen.get(kernelId);
    if (before && before.reading.pid !== reading.pid) {
      this._restartsMs.set(kernelId, Date.now());
    }
    this._problems.delete(kernelId);
    this._pids.set(kernelId, reading.pid);
    const isRunning = running !== null;
    this._seen.set(kernelId, { reading, timeMs: Date.now(), isRunning });
  }

  /** Remember that what was seen last is still true. */
  confirm({ kernelId }: INotebook): void {
    const seen = this._seen.get(kernelId);
    if (seen) {
      this._problems.delete(kernelId);
      this._seen.set(kernelId, { ...seen, timeMs: Date.now() });
    }
  }

  /** Remember that the process that was seen is gone, and all its memory with it. */
  forget({ kernelId }: INotebook): void {
    this._seen.delete(kernelId);
    this._pids.delete(kernelId);
    this._restartsMs.set(kernelId, Date.now());
  }

  /** Remember why a kernel says nothing, and since when. */
  fail({ kernelId }: INotebook, problem: IProblem): void {
    const before = this._problems.get(kernelId);
    const isSame = before?.code === problem.code;
    const sinceMs = isSame
      ? Math.min(before.sinceMs, problem.sinceMs)
      : problem.sinceMs;
    this._problems.set(kernelId, { ...problem, sinceMs });
  }

  /** What is known of a notebook without asking. */
  known(notebook: INotebook): INotebookReading {
    const { kernelId } = notebook;
    const problem = this._problems.get(kernelId) ?? null;
    const seen = this._seen.get(kernelId);
    // The kernel knows better than the server whether a cell runs.
    const isFresh = seen !== undefined && problem === null;
    const state = seen?.isRunning === true ? 'busy' : 'idle';
    return {
      notebook: isFresh ? { ...notebook, state } : notebook,
      reading: seen?.reading ?? null,
      ageMs: seen ? Date.now() - seen.timeMs : null,
      pid: this._pids.get(kernelId) ?? null,
      driverBytes: null,
      problem,
      restartedMs: this._restartsMs.get(kernelId) ?? null
    };
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

  private readonly _seen = new Map<string, IMemory>();
  private readonly _problems = new Map<string, IProblem>();
  private readonly _pids = new Map<string, number>();
  private readonly _restartsMs = new Map<string, number>();
}

/**
 * `row` with what the driver of this machine says of its process.
 *
 * @param pids - the processes that run the kernel, where it did not tell its own
 */
export function withDriver(
  row: INotebookReading,
  { uses }: IDriverAnswer,
  pids: readonly number[] = []
): INotebookReading {
  // A wrapper that started the kernel has its command, too, and no GPU.
  const pid =
    row.pid ??
    pids.find(each => uses.some(use => use.pid === each)) ??
    (pids.length === 1 ? (pids[0] ?? null) : null);
  const own = uses.filter(use => use.pid === pid);
  const known = own.flatMap(({ usedBytes }) => usedBytes ?? []);
  const isKnown = own.length > 0 && known.length === own.length;
  const sum = known.reduce((all, bytes) => all + bytes, 0);
  return { ...row, pid, driverBytes: isKnown ? sum : null };
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
  // It may still fail later, without a listener.
  talk.catch(() => undefined);
  try {
    await Promise.race([talk, late]);
  } finally {
    clearTimeout(timer);
  }
}
