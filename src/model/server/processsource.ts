import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ISurvey } from '../../core/wire/generated';
import type { IMonitor, IWatchedMonitor } from '../tokens';

/**
 * Has one kernel's agent tell who uses the GPUs, and another's when that one
 * can't speak.
 *
 * Whoever was chosen goes on telling: two that tell the same cost little, while
 * asking a kernel that is stuck costs a request that waits.
 */
export class ProcessSource implements IDisposable {
  /** Emitted when `survey` has changed. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get survey(): ISurvey | null {
    return this._survey;
  }

  /** The kernel that told the latest survey, and that knows its identities. */
  get source(): IWatchedMonitor | null {
    return this._source;
  }

  get hasReporter(): boolean {
    return this._chosen.size > 0;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  ageMs(nowMs: number): number | null {
    return this._survey && this._source
      ? Math.max(0, nowMs - this._takenMs)
      : null;
  }

  isStale(nowMs: number): boolean {
    return !this._living().some(monitor => speaks(monitor, nowMs));
  }

  /**
   * Make sure that some kernel sends surveys.
   *
   * @param candidates - the monitors to choose from, the preferred ones first
   */
  choose(
    candidates: readonly IWatchedMonitor[],
    leftoverBytes: number,
    nowMs: number
  ): void {
    this._forgetAllBut(candidates);
    this._chosen.forEach(monitor => monitor.tellProcesses(leftoverBytes));
    if (this._living().some(monitor => speaks(monitor, nowMs))) {
      return;
    }
    const free = candidates.filter(monitor => !this._chosen.has(monitor));
    const next =
      free.find(monitor => speaks(monitor, nowMs)) ??
      (this._chosen.size === 0 ? free.find(mayAttach) : undefined);
    if (next) {
      this._chosen.add(next);
      next.surveyed.connect(this._onSurveyed, this);
      next.tellProcesses(leftoverBytes);
    }
  }

  /** Take what a kernel answered, as if it had told it. */
  take(monitor: IWatchedMonitor, survey: ISurvey): void {
    this._onSurveyed(monitor, survey);
  }

  /** Nobody is to tell any more; what was told stays. */
  rest(): void {
    this._chosen.forEach(monitor => {
      if (!monitor.isDisposed) {
        monitor.tellProcesses(null);
      }
      this._drop(monitor);
    });
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._chosen.forEach(monitor => this._drop(monitor));
    Signal.clearData(this);
  }

  private _living(): IWatchedMonitor[] {
    return [...this._chosen].filter(monitor => !monitor.isDisposed);
  }

  private _forgetAllBut(candidates: readonly IWatchedMonitor[]): void {
    this._chosen.forEach(monitor => {
      if (monitor.isDisposed || !candidates.includes(monitor)) {
        this._drop(monitor);
      }
    });
  }

  private _drop(monitor: IWatchedMonitor): void {
    monitor.surveyed.disconnect(this._onSurveyed, this);
    this._chosen.delete(monitor);
  }

  private _onSurveyed(monitor: IMonitor, survey: ISurvey): void {
    const takenMs = monitor.toBrowserMs(survey.timeSeconds);
    // Where a clock was set back, the known survey may seem to be of the future.
    const knownMs = Math.min(this._takenMs, Date.now());
    if (takenMs >= knownMs || this._source?.isDisposed) {
      this._takenMs = takenMs;
      this._survey = survey;
      this._source = monitor as IWatchedMonitor;
      this._changed.emit();
    }
  }

  private readonly _chosen = new Set<IWatchedMonitor>();
  private _survey: ISurvey | null = null;
  private _source: IWatchedMonitor | null = null;
  private _takenMs = 0;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, void>(this);
}

/** Whether a kernel's agent can tell something now. */
function speaks(monitor: IMonitor, nowMs: number): boolean {
  return monitor.status === 'attached' && !monitor.isStale(nowMs);
}

function mayAttach(monitor: IMonitor): boolean {
  return !['dead', 'not-python', 'failed'].includes(monitor.status);
}
