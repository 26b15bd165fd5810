/** The middle of `values`; NaN when there are none. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value that `percent` of `values` do not exceed; NaN when there are none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  const place = Math.ceil((percent / 100) * sorted.length) - 1;
  return sorted[Math.max(0, place)] ?? NaN;
}

/** Print one line of a bench, past the runner's own reporting. */
export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
