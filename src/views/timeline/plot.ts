import uPlot from 'uplot';

import type { IAreaPaint, IPaint } from './paint';

/** The chart's height, axis included. */
export const HEIGHT_PX = 124;
/** Room at the right of the plot. */
const RIGHT_PX = 8;

/** What the plot needs from the chart that owns it. */
export interface IPlotParts {
  readonly widthPx: number;
  readonly paint: IPaint;
  /** The top of the y axis, asked for at each drawing. */
  readonly top: () => number;
  /** Called after the series are drawn. */
  readonly drawn: (plot: uPlot) => void;
  /** Called after the pointer moved over the plot, or left it. */
  readonly pointed: (plot: uPlot) => void;
}

/** uPlot's options for two stepped areas over time. */
export function plotOptions(parts: IPlotParts): uPlot.Options {
  const { paint } = parts;
  const axis = { stroke: paint.text, font: paint.font, gap: 4 };
  return {
    width: parts.widthPx,
    height: HEIGHT_PX,
    padding: [16, RIGHT_PX, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { x: false, y: false },
      bind: { dblclick: () => null }
    },
    scales: {
      x: { auto: false },
      y: { range: () => [0, parts.top()] }
    },
    series: [{}, area(paint.reserved), area(paint.allocated)],
    axes: [
      {
        ...axis,
        size: 20,
        space: 60,
        grid: { show: false },
        ticks: { show: false },
        values: (plot, ticks) => uncut(plot, ticks, clockTicks(ticks))
      },
      {
        ...axis,
        size: (_plot, labels) => axisWidth(labels),
        space: 20,
        grid: { stroke: paint.grid, width: 1 },
        ticks: { show: false },
        values: (_plot, ticks) => ticks.map(tick => String(+tick.toFixed(3)))
      }
    ],
    hooks: { draw: [parts.drawn], setCursor: [parts.pointed] }
  };
}

/** A little above the largest value, so that the top edge can be seen. */
export function topOf(values: readonly number[]): number {
  const largest = values.reduce((most, value) => Math.max(most, value), 0);
  return largest > 0 ? largest * 1.08 : 1;
}

function area(paint: IAreaPaint): uPlot.Series {
  const stepped = uPlot.paths.stepped;
  return {
    stroke: paint.line,
    fill: paint.area,
    width: 1,
    points: { show: false },
    paths: stepped?.({ align: 1 })
  };
}

const DIGIT_PX = 6;

function axisWidth(labels: readonly string[] | null): number {
  const digits = (labels ?? []).map(label => label.length);
  return 8 + DIGIT_PX * Math.max(2, ...digits);
}

/** The labels, without those that the right edge would cut. */
function uncut(
  plot: uPlot,
  ticks: readonly number[],
  labels: readonly string[]
): string[] {
  const roomPx = plot.bbox.width / uPlot.pxRatio + RIGHT_PX;
  return labels.map((label, place) => {
    const middlePx = plot.valToPos(ticks[place] ?? NaN, 'x');
    return middlePx + (DIGIT_PX * label.length) / 2 > roomPx ? '' : label;
  });
}

/** Times of day; seconds only where ticks are less than a minute apart. */
function clockTicks(ticks: readonly number[]): string[] {
  const apart = (ticks[1] ?? Infinity) - (ticks[0] ?? 0);
  const format: Intl.DateTimeFormatOptions = {
    hour: '2-digit',
    minute: '2-digit',
    second: apart < 60 ? '2-digit' : undefined,
    hour12: false
  };
  return ticks.map(tick =>
    new Date(tick * 1000).toLocaleTimeString(undefined, format)
  );
}
