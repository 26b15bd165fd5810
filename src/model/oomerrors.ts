import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IOutOfMemory, RemedyAct } from '../core/oom';
import type { IReading } from '../core/wire/generated';

/** An out-of-memory error of a kernel of this page. */
export interface IFailure {
  readonly kernelId: string;
  /** What the error, or the kernel before it died, said. */
  readonly text: string;
  /** Milliseconds since the epoch, by the browser's clock. */
  readonly timeMs: number;
  /** Whether the kernel ended with it. */
  readonly hasDied: boolean;
  readonly explanation: IOutOfMemory;
  /** The same without what may be over by now: holders, caches, room elsewhere. */
  readonly past: IOutOfMemory;
  /** What the kernel reported of its memory then; null where it reported nothing. */
  readonly reading: IReading | null;
  /** Whether the kernel was asked what holds its memory. */
  readonly isComplete: boolean;
  /** How many cells have begun in the kernel since. */
  readonly laterCells: number;
  /** Whether the kernel has restarted since. */
  readonly hasRestarted: boolean;
}

/** The latest out-of-memory error of each kernel. */
export class Failures {
  /** Emitted after any of them has changed. */
  get changed(): ISignal<Failures, void> {
    return this._changed;
  }

  latest(kernelId: string): IFailure | null {
    return this._latest.get(kernelId) ?? null;
  }

  /** Emitted with each new failure. */
  get noted(): ISignal<Failures, IFailure> {
    return this._noted;
  }

  /** Remember a new failure in place of an earlier one. */
  note(failure: IFailure): void {
    this.update(failure);
    this._noted.emit(failure);
  }

  /** Remember more about a failure that is known. */
  update(failure: IFailure): void {
    this._latest.set(failure.kernelId, failure);
    this._changed.emit();
  }

  /** How many cells are known to have begun in a kernel. */
  cellsOf(kernelId: string): number {
    return this._cells.get(kernelId) ?? 0;
  }

  /** A cell has begun: what was said of the kernel's memory may be over. */
  noteCell(kernelId: string): void {
    this._cells.set(kernelId, this.cellsOf(kernelId) + 1);
    const failure = this._latest.get(kernelId);
    if (failure) {
      const laterCells = failure.laterCells + 1;
      this.update({ ...outdated(failure), laterCells, isComplete: true });
    }
  }

  /** Another error was raised: the traceback of the last one is kept instead. */
  noteError(kernelId: string): void {
    this._forbid(kernelId, ['release-tracebacks']);
  }

  /** The kernel restarts: what it held is gone. */
  noteRestart(kernelId: string): void {
    const failure = this._latest.get(kernelId);
    if (failure && !failure.hasDied) {
      this.update({
        ...outdated(failure),
        hasRestarted: true,
        isComplete: true
      });
      this._forbid(kernelId, ['release-tracebacks', 'clear', 'restart']);
    }
  }

  /** The kernel is being asked anew what holds its memory. */
  outdate(kernelId: string): void {
    const failure = this._latest.get(kernelId);
    if (failure && failure.explanation !== failure.past) {
      this.update(outdated(failure));
    }
  }

  dismiss(kernelId: string): void {
    if (this._latest.delete(kernelId)) {
      this._changed.emit();
    }
  }

  /** Advise no longer what these acts do. */
  private _forbid(kernelId: string, acts: readonly RemedyAct[]): void {
    const failure = this._latest.get(kernelId);
    if (failure) {
      this.update({
        ...failure,
        explanation: withoutActs(failure.explanation, acts),
        past: withoutActs(failure.past, acts)
      });
    }
  }

  private readonly _cells = new Map<string, number>();
  private readonly _latest = new Map<string, IFailure>();
  private readonly _changed = new Signal<Failures, void>(this);
  private readonly _noted = new Signal<Failures, IFailure>(this);
}

/** `explanation` without the remedies that do one of `acts`. */
export function withoutActs(
  explanation: IOutOfMemory,
  acts: readonly RemedyAct[]
): IOutOfMemory {
  return {
    ...explanation,
    remedies: explanation.remedies.filter(
      ({ act }) => act === null || !acts.includes(act)
    )
  };
}

function outdated(failure: IFailure): IFailure {
  return { ...failure, explanation: failure.past };
}
