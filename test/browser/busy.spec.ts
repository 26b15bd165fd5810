import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { MessageLog } from './messages';
import { kernelModel } from './rest';
import { MIB } from './python';
import { StatusLog } from './messages';

const fixture = useLab();

/** Takes 100 MiB every second for `seconds` and then gives it all back. */
function growing(seconds: number): string {
  return `import time
blocks = []
for second in range(${seconds}):
    blocks.append(bytearray(100 << 20))
    time.sleep(1)
del blocks, second`;
}

describe('A running cell', () => {
  it('should be followed while the kernel stays busy, in JupyterLab and server', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([growing(8)]);
    const id = await notebook.kernelId();
    const log = await MessageLog.of(notebook);
    const statuses = await StatusLog.of(notebook);
    await notebook.start(0);
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
    await notebook.idle();
    await panel.shows('Idle');
    expect(await statuses.seen()).toEqual(['busy', 'idle']);
    expect((await kernelModel(id)).execution_state).toBe('idle');
    await expect.poll(() => notebook.indicator()).toBe('idle');
    expect(await log.pushes()).toBeGreaterThanOrEqual(24);
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should be followed when the panel opens in its middle', async () => {
    const { lab } = fixture;
    const notebook = await lab.notebook([growing(7)]);
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
    await notebook.idle();
    await panel.shows('Idle');
    expect((await kernelModel(id)).execution_state).toBe('idle');
    expect((await notebook.cell(0)).output).toBe('');
  });

  it('should be followed on after a reload of the page', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const before = await lab.watchedNotebook([growing(14)]);
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
    await panel.shows('Idle');
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should make a page that was loaded in its middle wait, and say so', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const before = await lab.notebook([growing(9)]);
    await lab.closePanel();
    await before.start(0);
    await lab.goto(`lab/tree/${before.name}?reset`);
    await lab.openPanel();
    await panel.state.filter({ hasText: /Connecting|Busy/ }).waitFor();
    await panel.shows('Idle');
  });

  it('should not be disturbed by closing the panel in its middle', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([growing(4)]);
    const id = await notebook.kernelId();
    const statuses = await StatusLog.of(notebook);
    await notebook.start(0);
    await lab.closePanel();
    await expect.poll(() => statuses.seen()).toContain('idle');
    await expect.poll(() => notebook.kernelStatus()).toBe('busy');
    expect((await kernelModel(id)).execution_state).toBe('busy');
    await notebook.idle();
    expect((await notebook.cell(0)).output).toBe('');
  });
});
