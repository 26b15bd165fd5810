import { Widget } from '@lumino/widgets';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { CellBadge } from '../../src/views/status/badge';
import { device, record } from './fake';

describe('CellBadge', () => {
  let widget: CellBadge;

  beforeEach(() => {
    widget = new CellBadge();
  });

  afterEach(() => {
    widget.dispose();
    document.body.replaceChildren();
  });

  function badge(...run: Parameters<typeof record>): HTMLElement {
    widget.setRecord(record(...run));
    return widget.node;
  }

  it('should be hidden until there is a record', () => {
    expect(widget.isHidden).toBe(true);
    widget.setRecord(record(1, 0, 2));
    expect(widget.isHidden).toBe(false);
    widget.setRecord(null);
    expect(widget.isHidden).toBe(true);
    expect(widget.node.textContent).toBe('');
  });

  it('should be hidden when the run touched no device', () => {
    widget.setRecord(record(1, 0, 2, { devices: [] }));
    expect(widget.isHidden).toBe(true);
  });

  it('should show the change, and the peak where it was higher', () => {
    expect(badge(4, 1, 3).textContent).toBe('+2.00 GiB');
    expect(badge(5, 3, 1, { peak: 3 }).textContent).toBe('−2.00 GiB');
    const node = badge(4, 1, 3, { peak: 5 });
    expect(node.textContent).toBe('+2.00 GiB · peak 5.00 GiB');
    expect(node.dataset.change).toBe('1');
    expect(badge(4, 3, 1, { peak: 1 }).dataset.change).toBe('-1');
  });

  it('should mute changes below 1 MiB', () => {
    const node = badge(4, 3, 3 + 1 / 2048);
    expect(node.textContent).toBe('±0');
    expect(node.dataset.change).toBe('0');
  });

  it('should tell all of it in its tooltip', () => {
    const node = badge(4, 1, 3, { peak: 5, exact: false });
    expect(node.title.split('\n')).toEqual([
      'GPU memory of the latest run, on cuda:0',
      'Change: +2.00 GiB',
      'Peak: at least 5.00 GiB',
      'After: 3.00 GiB'
    ]);
  });

  it('should show the device that changed most, and say when it is for practice', () => {
    const devices = [
      ...record(1, 1, 1).devices,
      ...record(1, 0, 2).devices.map(each => ({ ...each, id: 'practice' }))
    ];
    const node = badge(1, 0, 0, { devices });
    expect(node.textContent).toBe('+2.00 GiB · practice');
  });

  it('should name the device as nvidia-smi does where that counts otherwise', () => {
    widget.setRecord(record(1, 0, 2), [{ ...device(), driverIndex: 1 }]);
    expect(widget.node.title).toContain('on cuda:0 (GPU 1 in nvidia-smi)');
  });

  it('should go with a cell that has left the page', () => {
    const cell = document.createElement('div');
    document.body.append(cell);
    Widget.attach(widget, cell);
    cell.remove();
    expect(() => widget.dispose()).not.toThrow();
    expect(widget.isDisposed).toBe(true);
  });

  describe('in a cell with a toolbar', () => {
    const rect = (left: number, right: number, top: number): DOMRect =>
      new DOMRect(left, top, right - left, 24);

    /** A one-line cell of 600 px, whose toolbar takes so many px at its right. */
    function cellWith(
      toolbarPx: number,
      badgeTop: number,
      isInArea = true
    ): HTMLElement {
      const cell = document.createElement('div');
      cell.className = 'jp-Cell';
      const area = document.createElement('div');
      const toolbar = document.createElement('div');
      toolbar.className = 'jp-cell-toolbar';
      cell.append(area);
      document.body.append(cell);
      area.getBoundingClientRect = () => rect(0, 600, 0);
      toolbar.getBoundingClientRect = () => rect(592 - toolbarPx, 592, 4);
      widget.node.getBoundingClientRect = () => rect(500, 596, badgeTop);
      Widget.attach(widget, area);
      (isInArea ? area : cell).prepend(toolbar);
      return toolbar;
    }

    it.each([
      ['in the input area', true],
      ['beside the input area', false]
    ])(
      'should stand beside one that is %s, and return when it is gone',
      async (_, isInArea) => {
        widget.setRecord(record(1, 0, 2));
        const toolbar = cellWith(170, 6, isInArea);
        await expect.poll(() => widget.node.style.right).toBe('182px');
        toolbar.remove();
        await expect.poll(() => widget.node.style.right).toBe('');
      }
    );

    it.each([
      ['it is above the badge', 170, 60],
      ['it is hidden', 0, 6]
    ])('should stay where it is where %s', (_, toolbarPx, badgeTop) => {
      cellWith(toolbarPx, badgeTop);
      widget.setRecord(record(1, 0, 2));
      expect(widget.node.style.right).toBe('');
    });
  });
});
