import type uPlot from 'uplot';

import type { IPaint } from './paint';
import type { IMark } from './series';

const LABEL_GAP_PX = 4;

/** Draw `marks` over the plot: a dotted line each, and `[n]` where there is room. */
export function drawMarks(
  plot: uPlot,
  marks: readonly IMark[],
  paint: IPaint
): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio || 1;
  ctx.save();
  ctx.strokeStyle = paint.text;
  ctx.fillStyle = paint.text;
  ctx.font = paint.font.replace(/^\d+/, size => String(Number(size) * ratio));
  ctx.textAlign = 'center';
  ctx.textBaseline = 'alphabetic';
  ctx.lineWidth = ratio;
  ctx.setLineDash([ratio, 3 * ratio]);
  let clearFrom = -Infinity;
  for (const mark of marks) {
    const x = Math.round(plot.valToPos(mark.timeMs / 1000, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width + 1) {
      continue;
    }
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const label = markLabel(mark);
    const half = ctx.measureText(label).width / 2;
    if (x - half >= clearFrom) {
      ctx.fillText(label, x, bbox.top - 3 * ratio);
      clearFrom = x + half + LABEL_GAP_PX * ratio;
    }
  }
  ctx.restore();
}

/** A run's number as the notebook shows it. */
export function markLabel(mark: IMark): string {
  return `[${mark.executionCount ?? ' '}]`;
}

/** The mark nearest to `leftPx` of the plot, at most `reachPx` away. */
export function markNear(
  plot: uPlot,
  marks: readonly IMark[],
  leftPx: number,
  reachPx: number
): IMark | null {
  let nearest: IMark | null = null;
  let reach = reachPx;
  for (const mark of marks) {
    const away = Math.abs(plot.valToPos(mark.timeMs / 1000, 'x') - leftPx);
    if (away <= reach) {
      nearest = mark;
      reach = away;
    }
  }
  return nearest;
}
