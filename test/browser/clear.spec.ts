import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { Gate } from './gate';
import type { Notebook } from './notebook';
import { MIB, take } from './python';

const fixture = useLab();

/** A notebook with 300 MiB in the cache, its second cell active. */
async function cachingNotebook(): Promise<Notebook> {
  const { lab } = fixture;
  const { panel } = lab;
  const notebook = await lab.watchedNotebook([
    take('a', 300),
    'del a',
    'x = 1'
  ]);
  await notebook.run(0);
  await notebook.run(1);
  await panel.cellRows.nth(1).waitFor();
  await expect.poll(() => panel.bytes('reserved')).toBeGreaterThan(300 * MIB);
  await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  return notebook;
}

async function reservedFell(): Promise<void> {
  const { panel } = fixture.lab;
  await expect.poll(() => panel.bytes('reserved')).toBeLessThan(100 * MIB);
  await panel.result.filter({ hasText: /^30\d MiB came back/ }).waitFor();
}

describe('Clear GPU memory', () => {
  it('should insert a cell below the active one and run it', async () => {
    const { panel } = fixture.lab;
    const notebook = await cachingNotebook();
    await panel.clearButton.click();
    await reservedFell();
    const cell = await notebook.cell(2);
    expect(cell.type).toBe('code');
    expect(cell.source).toContain('_clear_gpu_memory()');
    expect(cell.executionCount).toBe(3);
    expect(cell.output).toMatch(
      /reserved 0\.[23]\d GiB[^]*reserved 0\.0\d GiB/
    );
    expect((await notebook.cell(3)).source).toBe('x = 1');
    expect(await notebook.ask('"_clear_gpu_memory" in globals()')).toBe(
      'False'
    );
  });

  it('should be undone like any insertion', async () => {
    const { lab } = fixture;
    const notebook = await cachingNotebook();
    await lab.panel.clearButton.click();
    await reservedFell();
    await lab.execute('notebook:undo-cell-action');
    await expect.poll(async () => (await notebook.cells()).length).toBe(3);
  });

  it('should insert one cell for a double click', async () => {
    const { panel } = fixture.lab;
    const notebook = await cachingNotebook();
    await panel.clearButton.dblclick();
    await reservedFell();
    await notebook.idle();
    expect(await notebook.cells()).toHaveLength(4);
  });

  it('should work quietly, without a cell or a number', async () => {
    const { panel } = fixture.lab;
    const notebook = await cachingNotebook();
    await panel.choose('Clear Quietly');
    await reservedFell();
    expect(await notebook.cells()).toHaveLength(3);
    await notebook.run(2);
    expect((await notebook.cell(2)).executionCount).toBe(3);
  });

  it('should insert the cell without running it', async () => {
    const { panel } = fixture.lab;
    const notebook = await cachingNotebook();
    await panel.choose('Insert Cell Only');
    await expect.poll(async () => (await notebook.cells()).length).toBe(4);
    expect((await notebook.cell(2)).executionCount).toBeNull();
    await expect.poll(() => panel.bytes('reserved')).toBeGreaterThan(300 * MIB);
  });

  it('should restart the kernel after a confirmation', async () => {
    const { lab } = fixture;
    const notebook = await cachingNotebook();
    const pid = await notebook.ask('__import__("os").getpid()');
    await lab.panel.choose('Restart Kernel');
    await lab.page.locator('.jp-Dialog .jp-mod-warn').click();
    await expect.poll(() => lab.panel.cellRows.count()).toBe(0);
    await lab.panel.shows();
    await expect
      .poll(() => lab.panel.bytes('reserved'))
      .toBeLessThan(100 * MIB);
    expect(await notebook.ask('__import__("os").getpid()')).not.toBe(pid);
  });

  it('should put its code into the prompt of a console and run it', async () => {
    const { lab } = fixture;
    await lab.openConsole();
    const panel = await lab.openPanel();
    await panel.shows();
    await lab.runInConsole(take('a', 300));
    await lab.runInConsole('del a');
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
    await panel.clearButton.click();
    await reservedFell();
  });

  it('should work from the palette while the panel is closed', async () => {
    const { lab } = fixture;
    const notebook = await cachingNotebook();
    await lab.closePanel();
    // Until the agent has heard that nobody looks, the kernel is at work.
    const clear = async (): Promise<number> => {
      await lab.execute('jupyterlab-vram:clear-memory');
      return (await notebook.cells()).length;
    };
    await expect.poll(clear).toBe(4);
    expect((await notebook.cell(2)).output).toContain('reserved 0.0');
    await lab.openPanel();
    await expect
      .poll(() => lab.panel.bytes('reserved'))
      .toBeLessThan(100 * MIB);
  });
});

describe('Clear GPU memory, refused', () => {
  it('should say so while a cell runs, and insert nothing', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const gate = new Gate();
    const notebook = await lab.watchedNotebook([gate.wait]);
    await notebook.start(0);
    const reason = 'A cell is running. Clear when it ends.';
    await panel.root.getByText(reason).waitFor();
    await expect
      .poll(() => panel.clearButton.getAttribute('aria-disabled'))
      .toBe('true');
    await panel.clearButton.click({ force: true });
    await lab.execute('jupyterlab-vram:clear-memory');
    await lab.notifications.filter({ hasText: reason }).waitFor();
    expect(await notebook.cells()).toHaveLength(1);
    await gate.open();
    await notebook.idle();
    await panel.root.getByText(reason).waitFor({ state: 'detached' });
  });

  it('should say so without a kernel', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await notebook.handle.evaluate(open => open.sessionContext.shutdown());
    await panel.notice.filter({ hasText: 'No kernel' }).waitFor();
    await lab.execute('jupyterlab-vram:clear-memory');
    await lab.notifications.filter({ hasText: 'There is no kernel' }).waitFor();
    expect(await notebook.cells()).toHaveLength(1);
  });

  it('should say so in a notebook that takes no cells', async () => {
    const { lab } = fixture;
    const notebook = await cachingNotebook();
    await notebook.handle.evaluate(({ content }) => {
      if (content.model) {
        content.model.readOnly = true;
      }
    });
    await lab.panel.clearButton.click();
    await lab.notifications.filter({ hasText: 'read-only' }).waitFor();
    expect(await notebook.cells()).toHaveLength(3);
  });
});
