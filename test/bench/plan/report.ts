/** One figure of a plan against what is known. */
export interface IScore {
  readonly name: string;
  readonly what: string;
  readonly planned: number;
  readonly measured: number;
  readonly milliseconds: number;
  readonly band: { readonly low: number; readonly high: number } | null;
}

/** Makes the scores of one row, whose plan took so long. */
export function scorer(name: string, milliseconds: number) {
  return (
    what: string,
    planned: number,
    measured: number,
    band: IScore['band'] = null
  ): IScore => ({ name, what, planned, measured, milliseconds, band });
}

const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The line of one score. */
export function lineOf(score: IScore): string {
  const { planned, measured, band } = score;
  const inside = band
    ? measured >= band.low && measured <= band.high
      ? ' inside'
      : ' OUTSIDE'
    : '';
  const error = percent(planned / measured - 1).padStart(9);
  return `${error}${inside}  ${score.name}, ${score.what}: ${mib(planned)} planned, ${mib(measured)} measured`;
}

/** The lines that sum up, one for each kind of figure. */
export function summaryOf(scores: readonly IScore[]): string[] {
  const kinds = [...new Set(scores.map(({ what }) => what))].sort();
  return kinds.map(what => {
    const own = scores.filter(score => score.what === what);
    const errors = own.map(({ planned, measured }) =>
      Math.abs(planned / measured - 1)
    );
    return [
      `${what}: ${own.length} rows`,
      `mean ${percent(mean(errors))}`,
      `worst ${percent(Math.max(...errors))}`,
      ...bands(own)
    ].join(', ');
  });
}

function bands(scores: readonly IScore[]): string[] {
  const banded = scores.filter(({ band }) => band !== null);
  if (banded.length === 0) {
    return [];
  }
  const inside = banded.filter(
    ({ band, measured }) =>
      band && measured >= band.low && measured <= band.high
  );
  const widths = banded.map(({ band, planned }) =>
    band ? (band.high - band.low) / planned : 0
  );
  return [
    `${percent(inside.length / banded.length)} between low and high`,
    `band at most ${percent(Math.max(...widths))} wide`
  ];
}

/** How long plans take. */
export function timing(scores: readonly IScore[]): string {
  const times = scores
    .map(({ milliseconds }) => milliseconds)
    .sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.floor(share * (times.length - 1))] ?? NaN).toFixed(2);
  return `one plan: median ${at(0.5)} ms, 95 % below ${at(0.95)} ms`;
}
