import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IOutOfMemory } from '../core/oom';

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
  /** Whether the kernel was asked what holds its memory. */
  readonly isComplete: boolean;
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

  dismiss(kernelId: string): void {
    if (this._latest.delete(kernelId)) {
      this._changed.emit();
    }
  }

  private readonly _latest = new Map<string, IFailure>();
  private readonly _changed = new Signal<Failures, void>(this);
  private readonly _noted = new Signal<Failures, IFailure>(this);
}
