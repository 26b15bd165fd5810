import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Chart } from '../../src/views/timeline/chart';
import type { ITimeline } from '../../src/views/timeline/series';
import { trans } from './draw';
import { GIB, sample } from './fake';

const START_MS = sample(0, 0, 0).timeMs;

/** Four changes over five minutes, and one cell run that ended at 60 s. */
const TIMELINE: ITimeline = {
  samples: [
    sample(0, 0, 0),
    sample(60, 4, 6),
    sample(120, 2, 6),
    sample(240, 3, 8)
  ],
  marks: [
    {
      timeMs: START_MS + 60_000,
      executionCount: 4,
      device: {
        id: 'cuda:0',
        beforeAllocatedBytes: 0,
        beforeReservedBytes: 0,
        afterAllocatedBytes: 4 * GIB,
        afterReservedBytes: 6 * GIB,
        peakAllocatedBytes: 5 * GIB,
        peakExact: false
      }
    }
  ],
  endMs: START_MS + 300_000
};

/** Every text drawn on a canvas, and every fill color set. */
let drawnTexts: string[];
/** The right end of the times of day that were drawn, in pixels. */
let clockEndsPx: number[];
let fills: string[];

function recordCanvas(): void {
  drawnTexts = [];
  clockEndsPx = [];
  fills = [];
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(
    function (this: HTMLCanvasElement) {
      const kept: { [key: string]: unknown } = {
        canvas: this,
        fillText: (text: string, middlePx: number) => {
          drawnTexts.push(text);
          if (text.includes(':')) {
            clockEndsPx.push(middlePx + 3 * text.length);
          }
        },
        measureText: (text: string) => ({ width: 6 * text.length })
      };
      return new Proxy(kept, {
        get: (target, key: string) => target[key] ?? (() => undefined),
        set: (target, key: string, value: unknown) => {
          if (key === 'fillStyle') {
            fills.push(String(value));
          }
          target[key] = value;
          return true;
        }
      }) as never;
    }
  );
}

describe('Chart', () => {
  let host: HTMLElement;
  let chart: Chart;
  let following: boolean[];

  beforeEach(() => {
    recordCanvas();
    host = document.createElement('div');
    host.tabIndex = 0;
    host.style.setProperty('--jp-vram-live-area', 'rgb(1, 2, 3)');
    Object.defineProperty(host, 'clientWidth', { value: 308 });
    document.body.append(host);
    following = [];
    chart = new Chart(host, trans, value => following.push(value));
  });

  afterEach(() => {
    chart.dispose();
    host.remove();
  });

  /** Draw the timeline and give back the plotting area. */
  async function drawTimeline(timeline = TIMELINE): Promise<HTMLElement> {
    chart.update(timeline);
    await vi.waitFor(() => expect(drawnTexts).not.toHaveLength(0));
    const over = host.querySelector<HTMLElement>('.u-over');
    if (over === null) {
      throw new Error('The chart has no plotting area');
    }
    over.getBoundingClientRect = () => new DOMRect(0, 0, 280, 88);
    return over;
  }

  function press(key: string): void {
    host.dispatchEvent(new KeyboardEvent('keydown', { key, cancelable: true }));
  }

  function drag(over: HTMLElement, fromX: number, toX: number): void {
    for (const [type, clientX] of [
      ['pointerdown', fromX],
      ['pointermove', toX],
      ['pointerup', toX]
    ] as const) {
      over.dispatchEvent(new MouseEvent(type, { clientX, button: 0 }));
    }
  }

  it('should draw nothing without samples', () => {
    chart.update({ samples: [], marks: [], endMs: 0 });
    expect(host.childNodes).toHaveLength(0);
    expect(chart.span).toBeNull();
  });

  it('should label the cell runs and the axis', async () => {
    await drawTimeline();
    expect(drawnTexts).toContain('[4]');
    expect(drawnTexts).toContain('8');
  });

  it('should draw no time of day that the edge would cut', async () => {
    await drawTimeline();
    for (let seconds = 1; seconds < 60; seconds += 1) {
      chart.update({ ...TIMELINE, endMs: TIMELINE.endMs + 1000 * seconds });
      await Promise.resolve();
    }
    expect(clockEndsPx.length).toBeGreaterThan(60);
    expect(Math.max(...clockEndsPx)).toBeLessThanOrEqual(308);
  });

  it('should show at most the last ten minutes', async () => {
    await drawTimeline();
    expect(chart.span).toEqual({
      startMs: START_MS,
      endMs: START_MS + 300_000
    });
    chart.update({ ...TIMELINE, endMs: START_MS + 3_600_000 });
    expect(chart.span).toEqual({
      startMs: START_MS + 3_000_000,
      endMs: START_MS + 3_600_000
    });
  });

  it('should zoom and move by keys, and follow again', async () => {
    await drawTimeline();
    press('+');
    const zoomed = chart.span!;
    expect(zoomed.endMs - zoomed.startMs).toBe(240_000);
    press('ArrowLeft');
    expect(chart.span!.startMs).toBe(START_MS);
    expect(following).toEqual([false]);
    press('Escape');
    expect(chart.span!.endMs).toBe(START_MS + 300_000);
    expect(following).toEqual([false, true]);
  });

  it('should leave other keys to the page', async () => {
    await drawTimeline();
    const event = new KeyboardEvent('keydown', { key: 'a', cancelable: true });
    host.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    expect(following).toEqual([]);
  });

  it('should zoom by the wheel when focused, else let the panel scroll', async () => {
    const over = await drawTimeline();
    const wheel = (init: WheelEventInit): WheelEvent => {
      const event = new WheelEvent('wheel', {
        clientX: 140,
        deltaY: -1,
        cancelable: true,
        ...init
      });
      over.dispatchEvent(event);
      return event;
    };
    expect(wheel({}).defaultPrevented).toBe(false);
    expect(following).toEqual([]);
    expect(wheel({ ctrlKey: true }).defaultPrevented).toBe(true);
    expect(chart.span).toEqual({
      startMs: START_MS + 30_000,
      endMs: START_MS + 270_000
    });
    host.focus();
    expect(wheel({ deltaY: 1 }).defaultPrevented).toBe(true);
    expect(chart.span).toEqual({
      startMs: START_MS,
      endMs: START_MS + 300_000
    });
  });

  it('should move by dragging and follow again on a double click', async () => {
    const over = await drawTimeline();
    chart.zoom(0.5, 1);
    expect(chart.span!.startMs).toBe(START_MS + 150_000);
    drag(over, 100, 240);
    expect(chart.span!.startMs).toBe(START_MS + 75_000);
    over.dispatchEvent(new MouseEvent('dblclick'));
    expect(chart.span!.startMs).toBe(START_MS);
    expect(following).toEqual([false, true]);
  });

  it('should stay where it was put when data arrive', async () => {
    await drawTimeline();
    chart.zoom(0.5, 0);
    const before = chart.span;
    chart.update({ ...TIMELINE, endMs: START_MS + 400_000 });
    expect(chart.span).toEqual(before);
  });

  it('should not draw again what is drawn already', async () => {
    await drawTimeline();
    drawnTexts = [];
    chart.update({ ...TIMELINE });
    await Promise.resolve();
    expect(drawnTexts).toEqual([]);
    chart.update({ ...TIMELINE, endMs: START_MS + 301_000 });
    await vi.waitFor(() => expect(drawnTexts).toContain('[4]'));
  });

  it('should take its colors from CSS, anew when the theme changes', async () => {
    await drawTimeline();
    expect(fills).toContain('rgb(1, 2, 3)');
    fills = [];
    host.style.setProperty('--jp-vram-live-area', 'rgb(4, 5, 6)');
    document.body.setAttribute('data-jp-theme-light', 'false');
    await vi.waitFor(() => expect(fills).toContain('rgb(4, 5, 6)'));
    expect(fills).not.toContain('rgb(1, 2, 3)');
    expect(host.querySelectorAll('.uplot')).toHaveLength(1);
  });

  it('should take down everything when it is disposed', async () => {
    const over = await drawTimeline();
    drawnTexts = [];
    chart.dispose();
    expect(host.childNodes).toHaveLength(0);
    chart.update({ ...TIMELINE, endMs: START_MS + 400_000 });
    press('+');
    over.dispatchEvent(new MouseEvent('dblclick'));
    document.body.setAttribute('data-jp-theme-light', 'true');
    await new Promise(resolve => requestAnimationFrame(resolve));
    expect(host.childNodes).toHaveLength(0);
    expect(drawnTexts).toEqual([]);
    expect(following).toEqual([]);
  });
});
