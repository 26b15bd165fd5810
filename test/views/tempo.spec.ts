import { MessageLoop } from '@lumino/messaging';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { VramPanel } from '../../src/views/panel/panel';
import { eraseAll, texts } from './draw';
import { FakeMonitor, record, type FakeSource } from './fake';
import { openPanel } from './open';

describe('VramPanel, its tempo', () => {
  let panel: VramPanel;
  let monitor: FakeMonitor;
  let source: FakeSource;

  beforeEach(async () => {
    monitor = new FakeMonitor({ busy: true });
    ({ panel, source } = await openPanel(monitor, 'train.ipynb'));
    vi.useFakeTimers();
    vi.advanceTimersByTime(1000);
  });

  afterEach(() => {
    vi.useRealTimers();
    eraseAll();
  });

  it('should tick while it is visible only', () => {
    const update = vi.spyOn(panel, 'update');
    monitor.tell({});
    vi.advanceTimersByTime(3000);
    expect(update).toHaveBeenCalledTimes(16);
    panel.hide();
    vi.advanceTimersByTime(60_000);
    expect(update).toHaveBeenCalledTimes(16);
  });

  it('should draw at most every 200 ms, however much is told', () => {
    const update = vi.spyOn(panel, 'update');
    for (let told = 0; told < 100; told++) {
      monitor.tell({ busy: told % 2 === 0 });
      vi.advanceTimersByTime(10);
    }
    expect(update).toHaveBeenCalledTimes(6);
  });

  it('should not move what is being pressed', async () => {
    vi.useRealTimers();
    const pressed = vi.spyOn(panel.node, 'matches').mockReturnValue(true);
    const title = (): unknown => panel.node.querySelector('h2')?.textContent;
    source.show({ title: 'other.ipynb' });
    await new Promise(resolve => setTimeout(resolve, 500));
    expect(pressed).toHaveBeenCalledWith(':active');
    expect(title()).toBe('train.ipynb');
    pressed.mockReturnValue(false);
    await vi.waitFor(() => expect(title()).toBe('other.ipynb'));
  });

  it('should draw all figures of one moment, before anything else is told', () => {
    monitor.records = [record(1, 1, 2)];
    panel.update();
    MessageLoop.flush();
    expect(texts(panel.node, '.jp-VramCells th[scope="row"]')).toEqual(['[1]']);
  });

  it('should draw at once what is told after a pause', () => {
    monitor.tell({ busy: false });
    vi.advanceTimersByTime(1000);
    const update = vi.spyOn(panel, 'update');
    monitor.tell({});
    expect(update).toHaveBeenCalledOnce();
  });
});
