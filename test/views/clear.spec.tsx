import { afterEach, describe, expect, it, vi } from 'vitest';

import type { IClearedDevice } from '../../src/core/wire/generated';
import { button, eraseAll, texts } from './draw';
import type { ICleared } from '../../src/model/cleared';
import { device, FakeMonitor, GIB, reading, warning } from './fake';
import { openPanel } from './open';

const MORE = 'Other ways to clear GPU memory';

function items(): HTMLElement[] {
  return [
    ...document.querySelectorAll<HTMLElement>(
      '.lm-Menu-item[data-type=command]'
    )
  ];
}

function disabledItems(): unknown[] {
  return items()
    .filter(item => item.classList.contains('lm-mod-disabled'))
    .map(item => item.querySelector('.lm-Menu-itemLabel')?.textContent);
}

/** Choose by the keyboard: nothing has a place in jsdom, so no pointer hits. */
function choose(label: string): void {
  const wanted = items().findIndex(
    each => each.querySelector('.lm-Menu-itemLabel')?.textContent === label
  );
  const menu = document.querySelector('.lm-Menu');
  const press = (keyCode: number): unknown =>
    menu?.dispatchEvent(
      new KeyboardEvent('keydown', { keyCode, bubbles: true, cancelable: true })
    );
  const enabled = items().filter(
    (item, place) =>
      place <= wanted && !item.classList.contains('lm-mod-disabled')
  );
  for (let step = 1; step < enabled.length; step++) {
    press(DOWN);
  }
  press(ENTER);
}

const DOWN = 40;
const ENTER = 13;

describe('ClearButton', () => {
  afterEach(eraseAll);

  it('should clear in the way that the settings say', async () => {
    const { node, actions } = await openPanel(new FakeMonitor());
    button(node, 'Clear GPU memory').click();
    expect(actions.calls).toEqual(['clear by settings']);
  });

  it.each([
    ['a busy kernel', { busy: true }, 'A cell is running. Clear when it ends.'],
    [
      'a graph capture',
      { reading: reading([device()], { capturing: true }) },
      'A CUDA graph is being captured. Clear when it is done.'
    ],
    [
      'a lost kernel',
      { status: 'disconnected' as const },
      'The kernel is not connected.'
    ]
  ])('should refuse %s and say why', async (_name, change, reason) => {
    const { node, actions } = await openPanel(new FakeMonitor(change));
    const primary = button(node, 'Clear GPU memory');
    primary.click();
    expect(actions.calls).toEqual([]);
    expect(primary.getAttribute('aria-disabled')).toBe('true');
    const described = primary.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(described)?.textContent).toBe(reason);
  });

  it('should ask anew when it is pressed, whatever was drawn', async () => {
    const monitor = new FakeMonitor({ busy: true });
    const { node, actions } = await openPanel(monitor);
    const primary = button(node, 'Clear GPU memory');
    monitor.tell({ busy: false });
    expect(primary.getAttribute('aria-disabled')).toBe('true');
    primary.click();
    expect(actions.calls).toEqual(['clear by settings']);
    button(node, MORE).click();
    expect(disabledItems()).toEqual([]);
  });

  it.each([
    ['Insert Cell and Run', 'clear insert-and-run'],
    ['Clear Quietly', 'clear quietly'],
    ['Insert Cell Only', 'clear insert-only'],
    ['Restart Kernel…', 'clear restart']
  ])('should offer "%s" in its menu', async (label, call) => {
    const { node, actions } = await openPanel(new FakeMonitor());
    button(node, MORE).click();
    choose(label);
    expect(actions.calls).toEqual([call]);
  });

  it('should keep what needs an idle kernel disabled while it is busy', async () => {
    const { node, actions } = await openPanel(new FakeMonitor({ busy: true }));
    button(node, MORE).click();
    expect(disabledItems()).toEqual(['Insert Cell and Run', 'Clear Quietly']);
    choose('Restart Kernel…');
    expect(actions.calls).toEqual(['clear restart']);
  });

  it('should enable in its open menu what the end of a cell allows', async () => {
    const monitor = new FakeMonitor({ busy: true });
    const { node } = await openPanel(monitor);
    button(node, MORE).click();
    expect(disabledItems()).toHaveLength(2);
    monitor.tell({ busy: false });
    await vi.waitFor(() => expect(disabledItems()).toEqual([]));
  });

  it('should tell whether its menu is open, and take the focus back', async () => {
    const { node } = await openPanel(new FakeMonitor());
    const more = button(node, MORE);
    more.click();
    await vi.waitFor(() =>
      expect(more.getAttribute('aria-expanded')).toBe('true')
    );
    choose('Insert Cell Only');
    await vi.waitFor(() =>
      expect(more.getAttribute('aria-expanded')).toBe('false')
    );
    expect(document.activeElement).toBe(more);
  });
});

describe('Result', () => {
  afterEach(eraseAll);

  const report = {
    collectedObjects: 3,
    released: [],
    devices: [
      {
        id: 'cuda:0',
        beforeAllocatedBytes: 16 * GIB,
        beforeReservedBytes: 20 * GIB,
        afterAllocatedBytes: 14 * GIB,
        afterReservedBytes: 15 * GIB
      }
    ]
  };
  const cleared = {
    report,
    timeSeconds: 1_764_000_000,
    executionCount: 5,
    isCurrent: true
  };

  /** The panel of a kernel whose latest clear is this one. */
  async function shown(change: Partial<ICleared>): Promise<HTMLElement> {
    const monitor = new FakeMonitor({ cleared: { ...cleared, ...change } });
    return (await openPanel(monitor)).node;
  }

  const isGood = (node: HTMLElement): string | undefined =>
    node.querySelector<HTMLElement>('.jp-VramPanel-result')?.dataset.good;

  it('should say what came back and what did not', async () => {
    const node = await shown({});
    expect(texts(node, '.jp-VramPanel-result p')).toEqual([
      '5.00 GiB came back. 14.0 GiB stayed allocated. 1.00 GiB stayed reserved beside it.'
    ]);
    expect(isGood(node)).toBe('true');
  });

  it('should say when nothing came back, which is not good', async () => {
    const [first] = report.devices;
    const devices = [{ ...first!, afterReservedBytes: 20 * GIB }];
    const node = await shown({ report: { ...report, devices } });
    expect(texts(node, '.jp-VramPanel-result p')[0]).toMatch(
      /^Nothing came back\. 14\.0 GiB stayed/
    );
    expect(isGood(node)).toBe('false');
  });

  it('should give its moment once the figures have moved on', async () => {
    const node = await shown({ isCurrent: false });
    expect(texts(node, '.jp-VramPanel-result p')).toEqual([
      expect.stringMatching(/^So it was at \d?\d:\d\d.*, after \[5\]:$/),
      expect.stringMatching(/^5\.00 GiB came back/)
    ]);
    expect(isGood(node)).toBe('false');
  });

  it('should leave out devices on which there was nothing', async () => {
    const [first] = report.devices;
    const empty = {
      beforeAllocatedBytes: 0,
      beforeReservedBytes: 0,
      afterAllocatedBytes: 0,
      afterReservedBytes: 0
    };
    const rest = [1, 2, 3].map(index => ({ ...empty, id: `cuda:${index}` }));
    const said = async (devices: IClearedDevice[]): Promise<string[]> =>
      texts(
        await shown({ report: { ...report, devices } }),
        '.jp-VramPanel-result p'
      );
    expect(await said([...rest, { ...first!, id: 'cuda:4' }])).toEqual([
      expect.stringMatching(/^cuda:4 5\.00 GiB came back/)
    ]);
    expect(await said(rest)).toEqual([
      'Nothing came back. Nothing stayed allocated.'
    ]);
  });

  it('should go when dismissed and come with the next report', async () => {
    const monitor = new FakeMonitor({ cleared });
    const { node } = await openPanel(monitor);
    button(node, 'Dismiss the result of the latest clear').click();
    await vi.waitFor(() =>
      expect(node.querySelector('.jp-VramPanel-result')).toBeNull()
    );
    monitor.tell({
      cleared: { ...cleared, isCurrent: false },
      warnings: [warning()]
    });
    await vi.waitFor(() =>
      expect(node.querySelector('.jp-VramWarning')).not.toBeNull()
    );
    expect(node.querySelector('.jp-VramPanel-result')).toBeNull();
    monitor.tell({ cleared: { ...cleared, report: { ...report } } });
    await vi.waitFor(() =>
      expect(node.querySelector('.jp-VramPanel-result')).not.toBeNull()
    );
  });
});
