import { afterEach, describe, expect, it, vi } from 'vitest';

import { button, eraseAll, texts } from './draw';
import { device, FakeMonitor, reading, warning } from './fake';
import { openPanel } from './open';

describe('Warnings', () => {
  afterEach(eraseAll);

  it('should have a place that is read out before there are any', async () => {
    const monitor = new FakeMonitor();
    const { node } = await openPanel(monitor);
    const place = node.querySelector('[role=alert]');
    expect(place?.textContent).toBe('');
    expect(place?.getAttribute('aria-live')).toBe('polite');
    monitor.tell({ warnings: [warning()] });
    await vi.waitFor(() =>
      expect(place?.textContent).toContain('del model freed 0 B of 13.5 GiB.')
    );
  });

  it('should draw backticks as code and nothing as HTML', async () => {
    const hostile = '<img src=x onerror=alert(1)>';
    const { node } = await openPanel(
      new FakeMonitor({
        warnings: [
          warning({
            sentence: `\`del ${hostile}\` freed nothing.`,
            evidence: `One \` alone, and ${hostile}`
          })
        ]
      })
    );
    expect(texts(node, '.jp-VramWarning-sentence code')).toEqual([
      `del ${hostile}`
    ]);
    expect(texts(node, '.jp-VramWarning-evidence')).toEqual([
      `One \` alone, and ${hostile}`
    ]);
    expect(node.querySelector('img')).toBeNull();
  });

  it('should say which of several devices it is about', async () => {
    const warnings = [
      warning({ id: 'a', device: 'cuda:0' }),
      warning({ id: 'b', device: 'cuda:1' })
    ];
    const one = new FakeMonitor({ warnings });
    const several = new FakeMonitor({
      warnings,
      reading: reading([device(), device({ id: 'cuda:1', index: 1 })])
    });
    const named = async (monitor: FakeMonitor): Promise<string[]> =>
      texts((await openPanel(monitor)).node, '.jp-VramWarning-evidence b');
    expect(await named(one)).toEqual([]);
    expect(await named(several)).toEqual(['cuda:0 ', 'cuda:1 ']);
  });

  it('should clear and snooze', async () => {
    const monitor = new FakeMonitor({ warnings: [warning({ id: 'leak-7' })] });
    const { node, actions } = await openPanel(monitor);
    button(node, 'Clear').click();
    button(node, 'Snooze').click();
    expect(actions.calls).toEqual(['clear by settings']);
    expect(monitor.snoozed).toEqual(['leak-7']);
  });

  it('should not clear a busy kernel', async () => {
    const monitor = new FakeMonitor({ busy: true, warnings: [warning()] });
    const { node, actions } = await openPanel(monitor);
    const clear = button(node, 'Clear');
    clear.click();
    expect(actions.calls).toEqual([]);
    expect(clear.getAttribute('aria-disabled')).toBe('true');
    expect(clear.title).toBe('A cell is running. Clear when it ends.');
  });

  it('should bring snoozed warnings back', async () => {
    const monitor = new FakeMonitor({ snoozedCount: 2 });
    const { node } = await openPanel(monitor);
    expect(node.textContent).toContain('2 snoozed');
    button(node, 'Show').click();
    expect(monitor.unsnoozes).toBe(1);
  });
});
