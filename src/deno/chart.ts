import { formatBytes } from '../core/units';
import { colourOf, drawReadings, framed } from './drawing';
import type { Html } from './html';
import { html } from './html';
import type { IDrawing } from './notebook';
import type { IWatchSample } from './tokens';
import type { INotebookReading } from './rows';

const WIDTH = 640;
const HEIGHT = 160;

/** Reserved memory over time, one line for each notebook, and the latest figures below. */
export function drawChart(
  samples: readonly IWatchSample[],
  rows: readonly INotebookReading[]
): IDrawing {
  const paths = rows.map(({ notebook }) => notebook.path);
  const top = Math.max(
    1,
    ...samples.flatMap(({ reservedBytes }) => Object.values(reservedBytes))
  );
  const seconds = spanSeconds(samples);
  const lines = paths.map((path, index) => line(samples, path, top, index));
  const below = drawReadings(rows);
  const title = `Reserved memory over ${seconds} s, up to ${formatBytes(top)}`;
  const legend = paths.map(
    (path, index) =>
      html`<span style="margin-right:12px"
        ><span aria-hidden="true" style="color:${colourOf(index)}">■</span>
        ${path}</span
      >`
  );
  return {
    html: framed([
      html`<svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label="${title}"
        style="width:100%;max-width:${WIDTH}px;border-bottom:1px solid var(--jp-border-color1, #bdbdbd)"
      >
        ${lines}
      </svg>`,
      html`<div>${title}</div>`,
      html`<div>${legend}</div>`,
      below.body
    ]),
    text: `${title}\n${below.text}`
  };
}

/** The samples in which this notebook was known. */
function line(
  samples: readonly IWatchSample[],
  path: string,
  top: number,
  index: number
): Html {
  const first = samples[0]?.timeMs ?? 0;
  const span = Math.max(1, (samples[samples.length - 1]?.timeMs ?? 0) - first);
  const points = samples.flatMap(({ timeMs, reservedBytes }) => {
    const bytes = reservedBytes[path];
    if (bytes === undefined) {
      return [];
    }
    const x = (WIDTH * (timeMs - first)) / span;
    const y = HEIGHT - (HEIGHT - 4) * (bytes / top) - 2;
    return [`${x.toFixed(1)},${y.toFixed(1)}`];
  });
  return html`<polyline
    points="${points.join(' ')}"
    fill="none"
    stroke-width="2"
    style="stroke:${colourOf(index)}"
  />`;
}

function spanSeconds(samples: readonly IWatchSample[]): number {
  const first = samples[0]?.timeMs ?? 0;
  const last = samples[samples.length - 1]?.timeMs ?? 0;
  return Math.round((last - first) / 1000);
}
