import { afterEach, describe, expect, it, vi } from 'vitest';

import { Chart } from '../../src/views/timeline/chart';
import type { VramPanel } from '../../src/views/panel/panel';
import { button, eraseAll, texts } from './draw';
import { device, FakeMonitor, reading, record, sample } from './fake';
import { openPanel } from './open';

function chartOf(panel: VramPanel): HTMLElement {
  return panel.node.querySelector<HTMLElement>('.jp-VramTimeline-chart')!;
}

describe('Timeline', () => {
  afterEach(eraseAll);

  it('should say in words what the chart shows', async () => {
    const { panel } = await openPanel(
      new FakeMonitor({
        history: { 'cuda:0': [sample(0, 5, 6), sample(9, 2, 6)] },
        records: [record(1, 0, 5), record(2, 5, 2)]
      })
    );
    expect(chartOf(panel).getAttribute('aria-label')).toBe(
      'GPU memory over time. Allocated: 2.00 GiB now, 5.00 GiB at most. Reserved: 6.00 GiB now. Cell runs: 2.'
    );
  });

  it('should hand its data to the chart once that is loaded', async () => {
    const update = vi.spyOn(Chart.prototype, 'update');
    const monitor = new FakeMonitor({
      history: { 'cuda:0': [sample(0, 1, 2)] }
    });
    await openPanel(monitor);
    await vi.waitFor(() =>
      expect(update.mock.lastCall?.[0].samples).toHaveLength(1)
    );
    monitor.tell({ history: { 'cuda:0': [sample(0, 1, 2), sample(5, 2, 2)] } });
    await vi.waitFor(() =>
      expect(update.mock.lastCall?.[0].samples).toHaveLength(2)
    );
  });

  it('should take old figures no further than they are known', async () => {
    const update = vi.spyOn(Chart.prototype, 'update');
    const age = 60_000;
    await openPanel(
      new FakeMonitor({
        busy: true,
        staleMs: age,
        history: { 'cuda:0': [sample(0, 1, 2)] }
      })
    );
    await vi.waitFor(() => expect(update).toHaveBeenCalled());
    const endMs = update.mock.lastCall![0].endMs;
    expect(Date.now() - endMs).toBeGreaterThanOrEqual(age);
  });

  it('should offer to follow only while it does not', async () => {
    vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(300);
    const { panel } = await openPanel(
      new FakeMonitor({
        history: { 'cuda:0': [sample(0, 1, 2), sample(300, 2, 2)] }
      })
    );
    const host = chartOf(panel);
    expect(panel.node.textContent).not.toContain('Follow');
    await vi.waitFor(() => {
      host.dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));
      expect(panel.node.textContent).toContain('Follow');
    });
    button(panel.node, 'Follow').click();
    await vi.waitFor(() =>
      expect(panel.node.textContent).not.toContain('Follow')
    );
  });

  it('should dispose its chart with the panel', async () => {
    const update = vi.spyOn(Chart.prototype, 'update');
    const dispose = vi.spyOn(Chart.prototype, 'dispose');
    const { panel } = await openPanel(new FakeMonitor());
    await vi.waitFor(() => expect(update).toHaveBeenCalled());
    panel.dispose();
    await vi.waitFor(() => expect(dispose).toHaveBeenCalledOnce());
  });

  it('should let a person choose among several devices', async () => {
    const { panel } = await openPanel(
      new FakeMonitor({
        reading: reading([device(), device({ id: 'cuda:1', index: 1 })]),
        history: { 'cuda:0': [sample(0, 1, 2)], 'cuda:1': [sample(0, 7, 8)] }
      })
    );
    const picker = panel.node.querySelector('select')!;
    expect(texts(picker, 'option')).toEqual(['cuda:0', 'cuda:1']);
    picker.value = 'cuda:1';
    picker.dispatchEvent(new Event('change', { bubbles: true }));
    await vi.waitFor(() =>
      expect(chartOf(panel).getAttribute('aria-label')).toContain(
        'Allocated: 7.00 GiB now'
      )
    );
  });
});
