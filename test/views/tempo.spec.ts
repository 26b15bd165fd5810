import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { VramPanel } from '../../src/views/panel';
import { attach, eraseAll } from './draw';
import { FakeActions, FakeMonitor, FakeSource } from './fake';

async function open(monitor: FakeMonitor): Promise<VramPanel> {
  const source = new FakeSource(monitor);
  const actions = new FakeActions();
  return attach(new VramPanel({ source, actions, snippets: [] }));
}

describe('VramPanel, its tempo', () => {
  let panel: VramPanel;
  let monitor: FakeMonitor;

  beforeEach(async () => {
    monitor = new FakeMonitor({ busy: true });
    panel = await open(monitor);
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

  it('should not move what is being pressed', () => {
    const pressed = vi.spyOn(panel.node, 'matches').mockReturnValue(true);
    const update = vi.spyOn(panel, 'update');
    monitor.tell({});
    vi.advanceTimersByTime(1000);
    expect(pressed).toHaveBeenCalledWith(':active');
    expect(update).not.toHaveBeenCalled();
    pressed.mockReturnValue(false);
    vi.advanceTimersByTime(200);
    expect(update).toHaveBeenCalledOnce();
  });

  it('should draw at once what is told after a pause', () => {
    monitor.tell({ busy: false });
    vi.advanceTimersByTime(1000);
    const update = vi.spyOn(panel, 'update');
    monitor.tell({});
    expect(update).toHaveBeenCalledOnce();
  });
});
