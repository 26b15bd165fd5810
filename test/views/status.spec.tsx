import { afterEach, describe, expect, it, vi } from 'vitest';

import { statusWords, VramStatus } from '../../src/views/status/status';
import { attach, button, eraseAll, trans } from './draw';
import {
  device,
  FakeMonitor,
  FakeSource,
  GIB,
  MIB,
  practiceDevice,
  reading,
  warning
} from './fake';

describe('statusWords', () => {
  it('should say allocated of total', () => {
    expect(statusWords(new FakeMonitor(), trans)).toMatchObject({
      text: 'VRAM 14.2 / 79.6 GiB',
      warning: false
    });
  });

  it('should keep both units where they differ', () => {
    const small = device({ allocatedBytes: 512 * MIB });
    const monitor = new FakeMonitor({ reading: reading([small]) });
    expect(statusWords(monitor, trans).text).toBe('VRAM 512 MiB / 79.6 GiB');
  });

  it('should show the fullest device and name them all', () => {
    const monitor = new FakeMonitor({
      reading: reading([
        device({ allocatedBytes: GIB }),
        device({ id: 'cuda:1', index: 1, name: 'Second' })
      ])
    });
    const words = statusWords(monitor, trans);
    expect(words.text).toBe('VRAM 14.2 / 79.6 GiB');
    expect(words.tooltip.split('\n')).toEqual([
      'cuda:0, NVIDIA H100 80GB HBM3: 1.00 GiB allocated, 17.6 GiB reserved',
      'cuda:1, Second: 14.2 GiB allocated, 17.6 GiB reserved'
    ]);
  });

  it('should name a practice device as one', () => {
    const monitor = new FakeMonitor({ reading: reading([practiceDevice()]) });
    const words = statusWords(monitor, trans);
    expect(words.text).toBe('Practice VRAM 512 MiB / 4.00 GiB');
    expect(words.tooltip).toContain('(practice device)');
  });

  it('should say nothing of what is unknown', () => {
    const unknown = { text: 'VRAM', warning: false };
    expect(statusWords(null, trans)).toMatchObject(unknown);
    expect(
      statusWords(new FakeMonitor({ status: 'dead' }), trans)
    ).toMatchObject(unknown);
    expect(
      statusWords(new FakeMonitor({ reading: null }), trans)
    ).toMatchObject(unknown);
  });

  it('should turn into a warning for warnings only', () => {
    const note = warning({ severity: 'info' });
    const monitor = new FakeMonitor({ warnings: [note] });
    expect(statusWords(monitor, trans).warning).toBe(false);
    monitor.warnings = [note, warning()];
    const words = statusWords(monitor, trans);
    expect(words.warning).toBe(true);
    expect(words.tooltip).toContain('del model freed 0 B of 13.5 GiB.');
  });
});

describe('VramStatus', () => {
  afterEach(eraseAll);

  it('should follow the target and pass clicks on', async () => {
    const first = new FakeMonitor();
    const source = new FakeSource(first);
    const clicked = vi.fn();
    const item = await attach(new VramStatus({ source, clicked }));
    button(item.node, 'VRAM 14.2 / 79.6 GiB').click();
    expect(clicked).toHaveBeenCalledOnce();
    first.tell({ reading: reading([device({ allocatedBytes: 20 * GIB })]) });
    await vi.waitFor(() =>
      expect(item.node.textContent).toBe('VRAM 20.0 / 79.6 GiB')
    );
    source.show({ monitor: null });
    await vi.waitFor(() => expect(item.node.textContent).toBe('VRAM'));
  });

  it('should let go of everything when it is disposed', async () => {
    const monitor = new FakeMonitor();
    const source = new FakeSource(monitor);
    const item = await attach(new VramStatus({ source, clicked: vi.fn() }));
    const update = vi.spyOn(item, 'update');
    item.dispose();
    monitor.tell({});
    source.show({});
    expect(update).not.toHaveBeenCalled();
  });
});
