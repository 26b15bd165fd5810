import { describe, expect, it } from 'vitest';

import type { IMarkGroup } from '../../src/views/timeline/marks';
import {
  drawMarks,
  groupLabel,
  markGroups
} from '../../src/views/timeline/marks';
import type { IMark } from '../../src/views/timeline/series';

function mark(executionCount: number | null, timeMs: number): IMark {
  return {
    timeMs,
    executionCount,
    device: {
      id: 'cuda:0',
      beforeAllocatedBytes: 0,
      beforeReservedBytes: 0,
      afterAllocatedBytes: 0,
      afterReservedBytes: 0,
      peakAllocatedBytes: 0,
      peakExact: true
    }
  };
}

/** What is drawn of `marks` on a plot of 300 px, a pixel a second, 40 px from the left. */
function drawn(marks: readonly IMark[]): {
  texts: [string, number][];
  lines: number[];
} {
  const texts: [string, number][] = [];
  const lines: number[] = [];
  const nothing = (): void => undefined;
  const ctx = {
    canvas: { width: 348 },
    ...{ save: nothing, restore: nothing, beginPath: nothing, stroke: nothing },
    ...{ lineTo: nothing, setLineDash: nothing },
    moveTo: (x: number) => lines.push(x),
    fillText: (text: string, x: number) => texts.push([text, x]),
    measureText: (text: string) => ({ width: 6 * text.length })
  };
  const plot = {
    ctx,
    bbox: { left: 40, top: 16, width: 300, height: 88 },
    valToPos: (seconds: number) => 40 + seconds
  };
  const area = { line: '', area: '' };
  drawMarks(plot as unknown as Parameters<typeof drawMarks>[0], marks, {
    ...{ allocated: area, reserved: area },
    ...{ grid: '', text: '', font: '10px sans-serif' }
  });
  return { texts, lines };
}

describe('drawMarks()', () => {
  it('should draw one line for runs that end at nearly the same time', () => {
    const quick = Array.from({ length: 14 }, (_, place) =>
      mark(place + 10, 100_000 + place * 300)
    );
    const { lines, texts } = drawn(quick);
    expect(lines).toEqual([140.5]);
    expect(texts.map(([text]) => text)).toEqual(['[10…23]']);
  });

  it('should keep every label on the canvas, at either edge', () => {
    const { texts } = drawn([mark(1, 0), mark(12345, 300_000)]);
    const ends = texts.map(([text, x]) => [
      x - 3 * text.length,
      x + 3 * text.length
    ]);
    expect(Math.min(...ends.flat())).toBeGreaterThanOrEqual(0);
    expect(Math.max(...ends.flat())).toBeLessThanOrEqual(348);
    expect(texts.map(([text]) => text)).toEqual(['[1]', '[12345]']);
  });

  it('should draw what is far enough apart line by line', () => {
    const { lines } = drawn([mark(1, 0), mark(2, 5_000), mark(3, 11_000)]);
    expect(lines).toEqual([40.5, 45.5, 51.5]);
  });

  it('should leave out what is not in view', () => {
    expect(drawn([mark(1, -1_000), mark(2, 400_000)]).lines).toEqual([]);
  });
});

describe('markGroups()', () => {
  it('should never draw two lines nearer than asked for', () => {
    let seed = 7;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2 ** 31;
    for (let turn = 0; turn < 50; turn++) {
      const marks = Array.from({ length: 40 }, (_, place) =>
        mark(place, random() * 300)
      ).sort((a, b) => a.timeMs - b.timeMs);
      const groups = markGroups(marks, ({ timeMs }) => timeMs, 5);
      const apart = groups.slice(1).map((each, i) => each.x - groups[i]!.x);
      expect(Math.min(5, ...apart)).toBe(5);
      expect(groups[0]?.first).toBe(marks[0]);
      expect(groups[groups.length - 1]?.last).toBe(marks[marks.length - 1]);
    }
  });

  it('should call a run without a number as JupyterLab does', () => {
    const only = mark(null, 0);
    const group: IMarkGroup = { x: 0, first: only, last: only };
    expect(groupLabel(group)).toBe('[ ]');
  });
});
