import type { TranslationBundle } from '@jupyterlab/translation';

import { formatBytes, formatDelta } from '../../core/text/units';
import type { ISample } from '../../model/tokens';
import { markLabel } from './marks';
import type { IMark } from './series';

/** A label and its figure; the figure may be empty. */
export type HoverRow = readonly [label: string, figure: string];

/** What the pointer's place in the chart says. */
export function hoverRows(
  timeMs: number,
  sample: ISample | null,
  mark: IMark | null,
  trans: TranslationBundle
): HoverRow[] {
  const rows: HoverRow[] = [[clockTime(mark?.timeMs ?? timeMs), '']];
  if (mark) {
    const { device } = mark;
    const change = device.afterAllocatedBytes - device.beforeAllocatedBytes;
    rows.push([trans.__('Cell %1', markLabel(mark)), formatDelta(change)]);
    rows.push([
      trans.__('Peak'),
      device.peakExact
        ? formatBytes(device.peakAllocatedBytes)
        : trans.__('at least %1', formatBytes(device.peakAllocatedBytes))
    ]);
  }
  if (sample) {
    rows.push([trans.__('Allocated'), formatBytes(sample.allocatedBytes)]);
    rows.push([trans.__('Reserved'), formatBytes(sample.reservedBytes)]);
  }
  return rows;
}

/** A time of day, with seconds. */
export function clockTime(timeMs: number): string {
  return new Date(timeMs).toLocaleTimeString(undefined, { hour12: false });
}

/** The box with figures that goes along with the pointer. */
export class HoverBox {
  constructor() {
    this.node = document.createElement('div');
    this.node.className = 'jp-VramTimeline-hover';
    this.node.setAttribute('aria-hidden', 'true');
    this.hide();
  }

  readonly node: HTMLElement;

  /** Show `rows` beside `leftPx` of a plot that is `widthPx` wide. */
  show(rows: readonly HoverRow[], leftPx: number, widthPx: number): void {
    this.node.replaceChildren(...rows.flatMap(row => row.map(toSpan)));
    this.node.hidden = false;
    const own = this.node.offsetWidth;
    const right = leftPx + GAP_PX;
    const left = right + own <= widthPx ? right : leftPx - GAP_PX - own;
    const place = Math.max(0, Math.min(left, widthPx - own));
    this.node.style.transform = `translateX(${Math.round(place)}px)`;
  }

  hide(): void {
    this.node.hidden = true;
  }
}

const GAP_PX = 8;

function toSpan(text: string): HTMLElement {
  const span = document.createElement('span');
  span.textContent = text;
  return span;
}
