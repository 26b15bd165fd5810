import { afterEach, describe, expect, it } from 'vitest';

import { Elsewhere } from './elsewhere';
import { useLab } from './fixture';
import { FleetSection } from './fleet';
import { Lab } from './lab';
import { kernelModel } from './rest';

const fixture = useLab();

/** Prints a number every tenth of a second. */
function counting(seconds: number): string {
  return `import time
for number in range(${10 * seconds}):
    print(number, flush=True)
    time.sleep(0.1)
print("over")`;
}

/** What `counting` prints in all. */
function counted(seconds: number): string {
  const numbers = Array.from({ length: 10 * seconds }, (_, index) => index);
  return [...numbers, 'over', ''].join('\n');
}

describe('A front end that is offline while its cell runs', () => {
  let other: Elsewhere | null = null;

  afterEach(async () => {
    await new FleetSection(fixture.lab).close();
    await other?.end();
    other = null;
  });

  it('should find all that the cell printed, though a panel looked at all notebooks', async () => {
    const { lab } = fixture;
    other = await Elsewhere.withKernel(fixture.browser);
    const { kernelId } = other;
    await other.execute(counting(12));
    await expect.poll(async () => other?.printed()).toContain('3\n');
    await lab.watchedNotebook(['x = 1']);
    await other.leave();
    await expect
      .poll(async () => (await kernelModel(kernelId)).connections)
      .toBe(0);
    const fleet = new FleetSection(lab);
    await fleet.open();
    const row = lab.page
      .locator('.jp-VramKernels tbody')
      .filter({ hasText: 'open nowhere' });
    await row.first().waitFor();
    // A person who is told what it costs, and says no.
    const dialog = lab.page.locator('.jp-Dialog');
    await row.first().getByRole('button', { name: 'Ask' }).click();
    await dialog.filter({ hasText: 'the server drops it' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await fleet.close();
    await fleet.open();
    expect((await kernelModel(kernelId)).connections).toBe(0);
    await other.connect();
    await expect.poll(async () => other?.printed()).toBe(counted(12));
  });

  it('should find it in its own notebook, though the panel asks on a subshell', async () => {
    const { lab } = fixture;
    const { page } = lab;
    const notebook = await lab.notebook([counting(14)]);
    const id = await notebook.kernelId();
    await lab.closePanel();
    await notebook.start(0);
    const panel = await lab.openPanel();
    await panel.shows('Busy · live');
    // The server counts the connections of front ends; the panel's is none of its own.
    expect((await kernelModel(id)).connections).toBe(1);
    await page.context().setOffline(true);
    await page.evaluate(() => window.cutSockets());
    await expect.poll(async () => (await kernelModel(id)).connections).toBe(0);
    await new Promise(resolve => setTimeout(resolve, 2000));
    await page.context().setOffline(false);
    await lab.execute('notebook:reconnect-to-kernel');
    await notebook.idle();
    await expect
      .poll(async () => (await notebook.cell(0)).output)
      .toBe(counted(14));
  });
});

describe('A page that is closed', () => {
  it('should leave no agent at work in its kernels', async () => {
    const { lab } = fixture;
    const notebook = await lab.notebook(['x = 1']);
    const threads =
      '[t.name for t in __import__("threading").enumerate() if "vram" in t.name]';
    await lab.closePanel();
    await expect.poll(() => notebook.ask(threads)).toBe('[]');
    const other = await Lab.open(lab.page.context());
    await other.openNotebook(notebook.name);
    await other.openPanel();
    await other.panel.shows('Idle');
    expect(await notebook.ask(threads)).toContain('jupyterlab-vram');
    await other.page.close();
    await expect.poll(() => notebook.ask(threads)).toBe('[]');
  });

  it('should be told by a kernel of the next one after a reload', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook(['x = 1']);
    const viewers =
      'len(__import__("sys").modules["jupyterlab_vram.agent.requests"]._host.agent._viewers)';
    expect(Number(await notebook.ask(viewers))).toBe(1);
    await lab.reload();
    const again = await lab.openNotebook(notebook.name);
    await lab.openPanel();
    await lab.panel.shows('Idle');
    await expect.poll(async () => Number(await again.ask(viewers))).toBe(1);
  });
});
