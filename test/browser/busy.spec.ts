import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { Gate } from './gate';
import { MessageLog } from './messages';
import { kernelModel } from './rest';
import { MIB } from './python';
import { StatusLog } from './messages';

const fixture = useLab();

/** Takes 100 MiB every second, at most 3 GiB, and gives it all back when the gate opens. */
function growing(gate: Gate): string {
  return `import time
blocks, began = [], time.monotonic()
while ${gate.isShut}:
    if len(blocks) < min(30, time.monotonic() - began):
        blocks.append(bytearray(100 << 20))
    time.sleep(0.05)
del blocks, began`;
}

describe('A running cell', () => {
  it('should be followed while the kernel stays busy, in JupyterLab and server', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const gate = new Gate();
    const notebook = await lab.watchedNotebook([growing(gate)]);
    const id = await notebook.kernelId();
    const log = await MessageLog.of(notebook);
    const statuses = await StatusLog.of(notebook);
    await notebook.start(0);
    const startedMs = performance.now();
    const onServer: string[] = [];
    for (const blocks of [2, 4, 6]) {
      await expect
        .poll(() => panel.bytes('allocated'))
        .toBeGreaterThan(blocks * 100 * MIB);
      await panel.state.filter({ hasText: 'Busy · live' }).waitFor();
      onServer.push((await kernelModel(id)).execution_state);
      expect(await notebook.indicator()).toBe('busy');
    }
    expect(onServer).toEqual(['busy', 'busy', 'busy']);
    await expect.poll(() => log.pushes()).toBeGreaterThanOrEqual(24);
    const seconds = (performance.now() - startedMs) / 1000;
    expect(await log.pushes()).toBeGreaterThanOrEqual(3 * seconds);
    await gate.open();
    await notebook.idle();
    await panel.shows('Idle');
    expect(await statuses.seen()).toEqual(['busy', 'idle']);
    expect((await kernelModel(id)).execution_state).toBe('idle');
    await expect.poll(() => notebook.indicator()).toBe('idle');
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should be followed when the panel opens in its middle', async () => {
    const { lab } = fixture;
    const gate = new Gate();
    const notebook = await lab.notebook([growing(gate)]);
    const id = await notebook.kernelId();
    await lab.closePanel();
    await notebook.start(0);
    const panel = await lab.openPanel();
    await panel.shows('Busy · live');
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    expect(await notebook.indicator()).toBe('busy');
    expect((await kernelModel(id)).execution_state).toBe('busy');
    expect(await notebook.kernelStatus()).toBe('busy');
    await gate.open();
    await notebook.idle();
    await panel.shows('Idle');
    expect((await kernelModel(id)).execution_state).toBe('idle');
    expect((await notebook.cell(0)).output).toBe('');
  });

  it('should be followed on after a reload of the page', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const gate = new Gate();
    const before = await lab.watchedNotebook([growing(gate)]);
    const id = await before.kernelId();
    await before.start(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(100 * MIB);
    await lab.goto(`lab/tree/${before.name}?reset`);
    await lab.openPanel();
    await panel.shows('Busy · live');
    const allocated = (await panel.bytes('allocated')) ?? 0;
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(allocated + 100 * MIB);
    expect((await kernelModel(id)).execution_state).toBe('busy');
    await gate.open();
    await panel.shows('Idle');
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should make a page that was loaded in its middle wait, and say so', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const gate = new Gate();
    const before = await lab.notebook([growing(gate)]);
    await lab.closePanel();
    await before.start(0);
    await lab.goto(`lab/tree/${before.name}?reset`);
    await lab.openPanel();
    await panel.state.filter({ hasText: /Connecting|Busy/ }).waitFor();
    await gate.open();
    await panel.shows('Idle');
  });

  it('should not be disturbed by closing the panel in its middle', async () => {
    const { lab } = fixture;
    const gate = new Gate();
    const notebook = await lab.watchedNotebook([growing(gate)]);
    const id = await notebook.kernelId();
    const statuses = await StatusLog.of(notebook);
    await notebook.start(0);
    await lab.closePanel();
    await expect.poll(() => statuses.seen()).toContain('idle');
    await expect.poll(() => notebook.kernelStatus()).toBe('busy');
    expect((await kernelModel(id)).execution_state).toBe('busy');
    await gate.open();
    await notebook.idle();
    expect((await notebook.cell(0)).output).toBe('');
  });
});
