import type { NotebookPanel } from '@jupyterlab/notebook';
import { afterEach, describe, expect, it } from 'vitest';

import { useLab } from './fixture';

const fixture = useLab();
const INSTALL = 'pip install "jupyterlab-vram[deno]"';

afterEach(async () => {
  await fixture.lab.goto('lab?reset');
});

describe('The control room without Deno', () => {
  it('should have one card in the launcher, and say in the page what to do', async () => {
    const { page } = fixture.lab;
    const cards = page.locator('.jp-LauncherCard[title="VRAM room (Deno)"]');
    await cards.filter({ visible: true }).first().waitFor();
    expect(await cards.filter({ visible: true }).count()).toBe(1);

    await cards.filter({ visible: true }).click();
    const toast = page.locator('.jp-toastContainer').getByText(INSTALL);
    await toast.waitFor();

    await page.evaluate(async () => {
      const { commands, shell } = window.jupyterapp;
      const { content } = shell.currentWidget as NotebookPanel;
      content.activeCell?.model.sharedModel.setSource('await room.show();');
      await commands.execute('notebook:run-cell');
    });
    const cell = page.locator('.jp-Notebook .jp-Cell').first();
    await cell.locator('.jp-OutputArea-output').getByText(INSTALL).waitFor();
    const { sessions } = await page.evaluate(async () => {
      const { kernels } = window.jupyterapp.serviceManager;
      await kernels.refreshRunning();
      return { sessions: [...kernels.running()].map(each => each.name) };
    });
    expect(sessions).toEqual(['vram-room']);
  });
});
