import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { take } from './python';
import { resetSettings } from './rest';

const fixture = useLab();

afterAll(resetSettings);

/** What a person meets who did not read how it is meant. */
describe('A stranger', () => {
  it('should get a %%vram cell that runs, and the line that it needs but once', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook(['1']);
    await notebook.select(0);
    const button = lab.panel.root.getByRole('button', {
      name: 'Insert: %%vram cell'
    });
    await button.click();
    const sources = async (): Promise<string[]> =>
      (await notebook.cells()).map(({ source }) => source.split('\n')[0] ?? '');
    await expect
      .poll(sources)
      .toEqual(['1', '%load_ext jupyterlab_vram', '%%vram']);
    // The line above was not run: the panel's agent brought the magic.
    await notebook.run(2);
    expect((await notebook.cell(2)).output).toContain('practice device');
    await button.click();
    await expect
      .poll(async () => (await sources()).slice(3))
      .toEqual(['%%vram']);
  });

  it('should be offered no Python in a notebook of another language', async () => {
    const { lab } = fixture;
    const { page } = lab;
    const notebook = await lab.notebook(['hello'], { kernel: 'echo' });
    await notebook.kernelReady();
    await page.getByRole('menuitem', { name: 'Kernel', exact: true }).click();
    const items = page.locator('.lm-Menu-item');
    await items.filter({ hasText: 'GPU Memory' }).hover();
    const disabled = page.locator('.lm-Menu-item.lm-mod-disabled');
    for (const label of ['Check GPU memory', 'Clear GPU Memory', '%%vram']) {
      await disabled.filter({ hasText: label }).first().waitFor();
    }
    await items.filter({ hasText: 'Check GPU memory' }).click({ force: true });
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    expect(await notebook.cells()).toHaveLength(1);
  });

  it('should find the sections as they were left, after a reload', async () => {
    const { lab } = fixture;
    await lab.watchedNotebook(['1']);
    const fold = (title: string) =>
      lab.panel.root.getByRole('button', { name: new RegExp(`^${title}`) });
    await fold('Timeline').click();
    await fold('Explain an error').click();
    await expect
      .poll(() => fold('Timeline').getAttribute('aria-expanded'))
      .toBe('false');
    // JupyterLab writes a workspace a moment after something has changed.
    await lab.page.waitForResponse(
      answer =>
        answer.url().includes('/api/workspaces/') &&
        answer.request().method() === 'PUT'
    );
    await lab.reload();
    await lab.openPanel();
    await expect
      .poll(() => fold('Timeline').getAttribute('aria-expanded'))
      .toBe('false');
    await expect
      .poll(() => fold('Explain an error').getAttribute('aria-expanded'))
      .toBe('true');
    await fold('Timeline').click();
    await fold('Explain an error').click();
  });

  it('should see a badge and the toolbar of the same cell', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([
      'import torch',
      take('a', 300),
      'b = 1'
    ]);
    const form = await lab.openSettings();
    await form.getByLabel('Badge at each cell').check();
    await notebook.run(0);
    await notebook.run(1);
    const badge = lab.page.locator('.jp-VramBadge:visible', {
      hasText: '+300 MiB'
    });
    await badge.waitFor();
    await notebook.select(1);
    const toolbar = lab.page.locator('.jp-Cell.jp-mod-active .jp-cell-toolbar');
    await toolbar.waitFor();
    await expect
      .poll(async () => {
        const [one, other] = [
          await badge.boundingBox(),
          await toolbar.boundingBox()
        ];
        return one && other && one.x + one.width <= other.x;
      })
      .toBe(true);
    const folder = process.env.VRAM_SCREENSHOTS;
    if (folder) {
      const file = path.join(folder, 'badge.png');
      await lab.page.locator('.jp-Notebook').screenshot({ path: file });
    }
  });

  it('should find a console under the name on its tab', async () => {
    const { lab } = fixture;
    await lab.openConsole();
    await lab.openPanel();
    await lab.panel.root
      .getByRole('button', { name: /^Notebooks and processes/ })
      .click();
    const names = lab.panel.root.locator('.jp-VramKernels-name');
    await names.filter({ hasText: /^Console \d+$/ }).waitFor();
    await lab.panel.root
      .getByRole('button', { name: /^Notebooks and processes/ })
      .click();
  });
});
