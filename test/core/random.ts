/** Numbers that look random and are the same in every run. */
export class Random {
  constructor(private _state: number) {}

  /** A number from 0 up to, and without, 1. */
  next(): number {
    // The constants of Numerical Recipes' 32-bit generator.
    this._state = (Math.imul(this._state, 1664525) + 1013904223) >>> 0;
    return this._state / 2 ** 32;
  }

  /** A whole number from 0 up to, and without, `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}
