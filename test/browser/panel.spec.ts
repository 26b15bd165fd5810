import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { take, MIB } from './python';

const fixture = useLab();

describe('VramPanel', () => {
  it('should open from the status bar', async () => {
    const { lab } = fixture;
    await lab.notebook(['x = 1']);
    await lab.page
      .locator('#jp-bottom-panel')
      .getByRole('button', { name: 'VRAM' })
      .click();
    await lab.panel.shows();
    await expect
      .poll(() => lab.panel.bytes('allocated'))
      .toBeGreaterThanOrEqual(0);
  });

  it('should open by its command and by its tab', async () => {
    const { lab } = fixture;
    await lab.notebook(['x = 1']);
    await lab.closePanel();
    await lab.execute('jupyterlab-vram:open-panel');
    await lab.panel.shows();
    await lab.closePanel();
    await lab.page.getByRole('tab', { name: 'GPU memory' }).click();
    await lab.panel.shows();
  });

  it('should be back with its figures after a reload', async () => {
    const { lab } = fixture;
    const notebook = await lab.notebook([take('a', 300)]);
    await lab.closePanel();
    const saved = lab.page.waitForResponse(
      response =>
        response.request().method() === 'PUT' &&
        /"jupyterlab-vram-panel"/.test(response.request().postData() ?? '')
    );
    const panel = await lab.openPanel();
    await panel.shows();
    await notebook.run(0);
    await saved;
    await lab.reload();
    await panel.shows();
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await expect.poll(() => panel.title.textContent()).toBe(notebook.name);
    await expect.poll(() => panel.cellRows.count()).toBe(1);
  });

  it('should follow the active one of two notebooks', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const first = await lab.watchedNotebook([take('a', 300)]);
    await first.run(0);
    const second = await lab.notebook(['x = 1']);
    await panel.shows();
    await expect.poll(() => panel.title.textContent()).toBe(second.name);
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
    await first.select(0);
    await panel.title.filter({ hasText: first.name }).waitFor();
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
  });

  it('should follow a console', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await lab.openConsole();
    await panel.title.filter({ hasText: 'Console' }).waitFor();
    await panel.shows();
    await lab.runInConsole(take('a', 200));
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(200 * MIB);
    await notebook.select(0);
    await panel.title.filter({ hasText: notebook.name }).waitFor();
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should keep its document while another kind of tab has the focus', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await lab.execute('settingeditor:open');
    await lab.page.locator('.jp-SettingsPanel').waitFor();
    await expect.poll(() => panel.title.textContent()).toBe(notebook.name);
  });

  it('should say that no notebook is open', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await notebook.close();
    await panel.notice.filter({ hasText: 'No notebook open' }).waitFor();
    await expect.poll(() => panel.clearButton.count()).toBe(0);
  });

  it('should take the new name of a renamed notebook', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await notebook.handle.evaluate(async open => {
      await open.context.rename(`renamed-${open.context.path}`);
    });
    await panel.title.filter({ hasText: `renamed-${notebook.name}` }).waitFor();
  });
});
