import type uPlot from 'uplot';

import type { IPaint } from './paint';
import type { IMark } from './series';

const LABEL_GAP_PX = 4;
/** Lines nearer than this are one to the eye, and many of them a ladder. */
const LEAST_APART_PX = 5;

/** Runs that ended so close to each other that the chart draws one line for them. */
export interface IMarkGroup {
  /** Where the line is. */
  readonly x: number;
  readonly first: IMark;
  readonly last: IMark;
}

/** Draw `marks` over the plot: a dotted line for each group, and `[n]` where there is room. */
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
  const place = (mark: IMark): number =>
    Math.round(plot.valToPos(mark.timeMs / 1000, 'x', true)) + 0.5;
  const visible = marks.filter(mark => {
    const x = place(mark);
    return x >= bbox.left && x <= bbox.left + bbox.width + 1;
  });
  let clearFrom = -Infinity;
  for (const group of markGroups(visible, place, LEAST_APART_PX * ratio)) {
    ctx.beginPath();
    ctx.moveTo(group.x, bbox.top);
    ctx.lineTo(group.x, bbox.top + bbox.height);
    ctx.stroke();
    const label = groupLabel(group);
    const half = ctx.measureText(label).width / 2;
    // At either edge the label moves in, so that all of it can be read.
    const middle = clamp(group.x, half, ctx.canvas.width - half);
    if (middle - half >= clearFrom) {
      ctx.fillText(label, middle, bbox.top - 3 * ratio);
      clearFrom = middle + half + LABEL_GAP_PX * ratio;
    }
  }
  ctx.restore();
}

/** Group marks that are less than `leastApart` from the first of their group. */
export function markGroups(
  marks: readonly IMark[],
  place: (mark: IMark) => number,
  leastApart: number
): IMarkGroup[] {
  const groups: IMarkGroup[] = [];
  for (const mark of marks) {
    const x = place(mark);
    const group = groups[groups.length - 1];
    if (group && x - group.x < leastApart) {
      groups[groups.length - 1] = { ...group, last: mark };
    } else {
      groups.push({ x, first: mark, last: mark });
    }
  }
  return groups;
}

/** The numbers of a group's runs: `[7]`, or `[7…12]`. */
export function groupLabel({ first, last }: IMarkGroup): string {
  return first === last
    ? markLabel(first)
    : `[${numberOf(first)}…${numberOf(last)}]`;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}

/** A run's number as the notebook shows it. */
export function markLabel(mark: IMark): string {
  return `[${numberOf(mark)}]`;
}

function numberOf(mark: IMark): string {
  return String(mark.executionCount ?? ' ');
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
