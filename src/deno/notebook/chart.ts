import { formatBytes } from '../../core/text/units';
import { drawReadings, framed } from './drawing';
import type { Html } from './html';
import { html } from './html';
import type { IDrawing } from './notebook';
import { colorOf, dashOf } from './palette';
import type { IWatchSample } from '../connection/tokens';
import type { INotebookReading } from '../server/rows';

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
  const lines = paths.flatMap((path, index) =>
    stretches(samples, path, top).map(points => line(points, index))
  );
  const below = drawReadings(rows);
  const title = `Reserved memory over ${seconds} s, up to ${formatBytes(top)}`;
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
      html`<div>${paths.map(legendOf)}</div>`,
      below.body
    ]),
    text: `${title}\n${below.text}`
  };
}

function legendOf(path: string, index: number): Html {
  return html`<span style="margin-right:12px;white-space:nowrap"
    ><svg viewBox="0 0 24 8" aria-hidden="true" style="width:24px;height:8px">
      ${line('0,4 24,4', index)}
    </svg>
    ${path}</span
  >`;
}

/** The points of each stretch of time in which a notebook's figure was known. */
function stretches(
  samples: readonly IWatchSample[],
  path: string,
  top: number
): string[] {
  const first = samples[0]?.timeMs ?? 0;
  const span = Math.max(1, (samples[samples.length - 1]?.timeMs ?? 0) - first);
  const points = samples.map(({ timeMs, reservedBytes }) => {
    const bytes = reservedBytes[path];
    if (bytes === undefined) {
      return '';
    }
    const x = (WIDTH * (timeMs - first)) / span;
    const y = HEIGHT - (HEIGHT - 4) * (bytes / top) - 2;
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return points
    .join(' ')
    .split(/ {2,}/)
    .map(each => each.trim())
    .filter(each => each !== '');
}

function line(points: string, index: number): Html {
  return html`<polyline
    points="${points}"
    fill="none"
    stroke="${colorOf(index)}"
    stroke-width="2"
    stroke-dasharray="${dashOf(index)}"
  />`;
}

function spanSeconds(samples: readonly IWatchSample[]): number {
  const first = samples[0]?.timeMs ?? 0;
  const last = samples[samples.length - 1]?.timeMs ?? 0;
  return Math.round((last - first) / 1000);
}
