/**
 * Translates the kernel's clock to the browser's: a remote kernel's may differ.
 *
 * A message can only arrive after it was sent, so the smallest difference seen
 * is the best estimate; late messages, such as those a server had buffered,
 * do not move it.
 */
export class KernelClock {
  /** Note that a reading taken at `kernelSeconds` arrived at `arrivalMs`. */
  observe(kernelSeconds: number, arrivalMs: number): void {
    this._offsetMs = Math.min(
      this._offsetMs ?? Infinity,
      arrivalMs - kernelSeconds * 1000
    );
  }

  /** Browser time, in milliseconds, of a kernel time in seconds. */
  toBrowserMs(kernelSeconds: number): number {
    return kernelSeconds * 1000 + (this._offsetMs ?? 0);
  }

  private _offsetMs: number | null = null;
}
