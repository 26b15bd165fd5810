/**
 * How much the two clocks may drift apart: 200 ppm, twice what a quartz may do.
 * Without it a kernel whose clock is slow would seem to be late after some hours.
 */
const DRIFT = 200e-6;
/** A later message than this may be the first after a clock was set. */
const STEP_MS = 500;
/** A clock was set when messages agree for this long, … */
const AGREED_MS = 2000;
/** … and so many of them do. */
const AGREED_COUNT = 3;

/** Messages that came later than they should, all of them by the same. */
interface IDoubt {
  /** When the first of them arrived, and its browser time less its kernel time. */
  readonly sinceMs: number;
  readonly differenceMs: number;
  readonly leastMs: number;
  readonly count: number;
}

/**
 * Translates the kernel's clock to the browser's: a remote kernel's may differ.
 *
 * A message can only arrive after it was sent, so a small difference is the best
 * estimate, and is believed at once. A larger one is a message that was late,
 * or a clock that was set. Late ones come in a hurry, one after another, and
 * each of them less late. When a clock was set, all later messages agree.
 */
export class KernelClock {
  /** Note that a reading taken at `kernelSeconds` arrived at `arrivalMs`. */
  observe(kernelSeconds: number, arrivalMs: number): void {
    const differenceMs = arrivalMs - kernelSeconds * 1000;
    const passedMs = Math.max(0, arrivalMs - this._arrivalMs);
    this._arrivalMs = arrivalMs;
    const driftedMs = (this._offsetMs ?? differenceMs) + DRIFT * passedMs;
    this._offsetMs = Math.min(differenceMs, driftedMs);
    if (differenceMs <= driftedMs + STEP_MS) {
      this._doubt = null;
    } else {
      this._takeLate(differenceMs, arrivalMs);
    }
  }

  /** Browser time, in milliseconds, of a kernel time in seconds. */
  toBrowserMs(kernelSeconds: number): number {
    return kernelSeconds * 1000 + (this._offsetMs ?? 0);
  }

  /** A message came later than any should; believe it when others agree. */
  private _takeLate(differenceMs: number, arrivalMs: number): void {
    const doubt = this._doubt;
    const agrees =
      doubt !== null && Math.abs(differenceMs - doubt.differenceMs) <= STEP_MS;
    this._doubt = {
      sinceMs: agrees ? doubt.sinceMs : arrivalMs,
      differenceMs: agrees ? doubt.differenceMs : differenceMs,
      leastMs: agrees ? Math.min(doubt.leastMs, differenceMs) : differenceMs,
      count: agrees ? doubt.count + 1 : 1
    };
    const { sinceMs, leastMs, count } = this._doubt;
    if (arrivalMs - sinceMs >= AGREED_MS && count >= AGREED_COUNT) {
      this._offsetMs = leastMs;
      this._doubt = null;
    }
  }

  private _offsetMs: number | null = null;
  private _arrivalMs = Infinity;
  private _doubt: IDoubt | null = null;
}
