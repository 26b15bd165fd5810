import type { IFinishedRun } from './rule';

/** Runs that are kept. */
const MAX_RUNS = 500;

/** The latest finished runs of one kernel, in order, each of them once. */
export class RunLog implements Iterable<IFinishedRun> {
  /**
   * Add a run.
   *
   * @returns `latest` when it came after all others, `late` when it belongs
   * between them, and `known` when it was there before or is too old to keep.
   */
  add(run: IFinishedRun): 'latest' | 'late' | 'known' {
    const number = run.record.run;
    const runs = this._runs;
    const place = runs.findIndex(other => other.record.run >= number);
    const isTooOld = place === 0 && runs.length === MAX_RUNS;
    if (isTooOld || runs[place]?.record.run === number) {
      return 'known';
    }
    runs.splice(place < 0 ? runs.length : place, 0, run);
    if (runs.length > MAX_RUNS) {
      runs.shift();
    }
    return place < 0 ? 'latest' : 'late';
  }

  [Symbol.iterator](): Iterator<IFinishedRun> {
    return this._runs[Symbol.iterator]();
  }

  private readonly _runs: IFinishedRun[] = [];
}
