import { describe, expect, it } from 'vitest';

import { HoverBox, hoverRows } from '../../src/views/timeline/hover';
import { marksOf } from '../../src/views/timeline/series';
import { trans } from './draw';
import { record, sample } from './fake';

const LATE = sample(90, 4, 6);

describe('hoverRows', () => {
  it('should name the time and the figures', () => {
    const rows = hoverRows(LATE.timeMs, LATE, null, trans);
    expect(rows[0]?.[0]).toMatch(/^\d+:\d\d:\d\d$/);
    expect(rows.slice(1)).toEqual([
      ['Allocated', '4.00 GiB'],
      ['Reserved', '6.00 GiB']
    ]);
  });

  it('should name the cell, its change and its peak near a mark', () => {
    const records = [record(4, 1, 4, { peak: 5, exact: false })];
    const [mark] = marksOf(records, 'cuda:0', s => s * 1000);
    const rows = hoverRows(LATE.timeMs, LATE, mark!, trans);
    expect(rows.slice(1, 3)).toEqual([
      ['Cell [4]', '+3.00 GiB'],
      ['Peak', 'at least 5.00 GiB']
    ]);
  });
});

describe('HoverBox', () => {
  it('should show text only, and go', () => {
    const box = new HoverBox();
    expect(box.node.hidden).toBe(true);
    box.show([['<b>x</b>', '1']], 10, 200);
    expect(box.node.hidden).toBe(false);
    expect(box.node.textContent).toBe('<b>x</b>1');
    expect(box.node.querySelector('b')).toBeNull();
    box.hide();
    expect(box.node.hidden).toBe(true);
  });

  it('should stay inside the plot', () => {
    const box = new HoverBox();
    Object.defineProperty(box.node, 'offsetWidth', { value: 120 });
    box.show([['a', '1']], 20, 200);
    expect(box.node.style.transform).toBe('translateX(28px)');
    box.show([['a', '1']], 190, 200);
    expect(box.node.style.transform).toBe('translateX(62px)');
    box.show([['a', '1']], 70, 130);
    expect(box.node.style.transform).toBe('translateX(0px)');
  });
});
