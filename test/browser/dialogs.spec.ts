import { describe, expect, it } from 'vitest';

import type { ConsolePanel } from '@jupyterlab/console';
import type { Locator } from 'playwright-core';

import { useLab } from './fixture';
import { LEAK, MODEL, take } from './python';

const fixture = useLab();
const TRIES = 8;

async function hasFocus(within: Locator): Promise<boolean> {
  return within.evaluate(node => node.contains(document.activeElement));
}

describe('The dialog before a release', () => {
  it('should have the focus each time, by Enter and by mouse', async () => {
    const { panel, page } = fixture.lab;
    const notebook = await fixture.lab.watchedNotebook([MODEL, LEAK]);
    await notebook.runAll();
    const release = panel.warnings.getByRole('button', { name: 'Release y' });
    const dialog = page.getByRole('dialog');
    // What is drawn of a kernel that has just answered may be a moment old.
    const isReady = async (): Promise<void> =>
      expect.poll(() => release.getAttribute('aria-disabled')).toBe('false');
    let inside = 0;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      await isReady();
      if (attempt % 2 === 0) {
        await release.focus();
        await page.keyboard.press('Enter');
      } else {
        await release.click();
      }
      await dialog.waitFor();
      inside += (await hasFocus(dialog)) ? 1 : 0;
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    }
    expect(inside).toBe(TRIES);
    expect(await notebook.ask("'y' in globals()")).toBe('True');
    await isReady();
    await release.focus();
    await page.keyboard.press('Enter');
    await dialog.waitFor();
    await page.keyboard.press('Enter');
    await panel.warnings.waitFor({ state: 'detached' });
    expect(await notebook.ask("'y' in globals()")).toBe('False');
    // What had the focus is gone; it stays in the panel.
    await expect.poll(() => hasFocus(panel.root)).toBe(true);
  });

  it('should tell what several give back together, and no row of an older list', async () => {
    const { panel, page } = fixture.lab;
    const notebook = await fixture.lab.watchedNotebook([
      MODEL,
      'y = model(torch.randn(64, 4096))\nz = y.sum()\ndel model',
      'y = torch.ones(1 << 20)'
    ]);
    await notebook.run(0);
    await notebook.run(1);
    await panel.warnings.waitFor();
    await panel.warnings
      .getByRole('button', { name: 'Release 2 holders' })
      .click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.innerText()).toMatch(/It frees 19\d MiB\./);
    const text = await dialog.innerText();
    expect(text).toMatch(/del (y, z|z, y)/);
    expect(text).not.toContain('stays');
    await page.keyboard.press('Escape');
    await panel.root.getByRole('button', { name: 'Show holders' }).click();
    const row = panel.holders.getByRole('button', { name: 'Release y' });
    await expect.poll(() => row.getAttribute('aria-disabled')).toBe('false');
    await notebook.run(2);
    await expect.poll(() => row.getAttribute('aria-disabled')).toBe('true');
    await expect
      .poll(() => row.getAttribute('title'))
      .toContain('Cells have run since.');
    await panel.root.getByRole('button', { name: 'Search again' }).click();
    await expect.poll(() => row.getAttribute('aria-disabled')).toBe('false');
    await row.click();
    await expect.poll(() => dialog.innerText()).toContain('It frees 4.0 MiB.');
    await page.keyboard.press('Escape');
  });
});

describe('A snoozed warning', () => {
  it('should leave the focus in the panel', async () => {
    const { panel, page } = fixture.lab;
    const notebook = await fixture.lab.watchedNotebook([MODEL, LEAK]);
    await notebook.runAll();
    const snooze = panel.warnings.getByRole('button', { name: 'Snooze' });
    await snooze.focus();
    await page.keyboard.press('Enter');
    const show = panel.root.getByRole('button', { name: 'Show', exact: true });
    await show.waitFor();
    await expect.poll(() => hasFocus(show)).toBe(true);
    await page.keyboard.press('Enter');
    await panel.warnings.waitFor();
    await expect.poll(() => hasFocus(panel.warnings)).toBe(true);
  });
});

describe('A notification', () => {
  it('should act on the notebook that it names, not on the one in front', async () => {
    const { lab } = fixture;
    const leaking = await lab.watchedNotebook([MODEL, LEAK]);
    await leaking.runAll();
    const toast = lab.notifications.filter({ hasText: leaking.name });
    await toast.waitFor();
    const other = await lab.watchedNotebook(['x = 1']);
    await toast.getByRole('button', { name: 'Clear' }).click();
    await expect
      .poll(async () => (await leaking.cells()).length)
      .toBeGreaterThan(2);
    await lab.panel.title.filter({ hasText: leaking.name }).waitFor();
    expect(await other.cells()).toHaveLength(1);
  });

  it('should say that its notebook is closed, and do nothing', async () => {
    const { lab } = fixture;
    const leaking = await lab.watchedNotebook([MODEL, LEAK]);
    await leaking.runAll();
    const toast = lab.notifications.filter({ hasText: 'freed 0' });
    await toast.waitFor();
    const other = await lab.watchedNotebook(['x = 1']);
    await toast.evaluate((node, name) => {
      const buttons = [...node.querySelectorAll('button')];
      const clear = buttons.find(each => each.textContent === 'Clear');
      for (const widget of window.jupyterapp.shell.widgets('main')) {
        if (widget.title.label === name) {
          widget.dispose();
        }
      }
      clear?.click();
    }, leaking.name);
    const said = lab.notifications.filter({
      hasText: `${leaking.name} is closed. Nothing was done.`
    });
    await said.waitFor();
    expect(await other.cells()).toHaveLength(1);
    await said.waitFor({ state: 'detached' });
  });
});

describe('A console', () => {
  it('should keep its draft, whatever is cleared or inserted', async () => {
    const { lab } = fixture;
    await lab.openConsole();
    const panel = await lab.openPanel();
    await panel.shows();
    await lab.runInConsole(take('a', 300));
    await lab.runInConsole('del a');
    const draft = async (source?: string): Promise<string> =>
      lab.page.evaluate(text => {
        const [shown] = [...window.jupyterapp.shell.widgets('main')].filter(
          each => 'console' in each
        ) as ConsolePanel[];
        const model = shown?.console.promptCell?.model.sharedModel;
        if (text !== undefined) {
          model?.setSource(text);
        }
        return model?.getSource() ?? '';
      }, source);
    await draft('del everything');
    await panel.clearButton.click();
    await panel.result.filter({ hasText: 'came back' }).waitFor();
    expect(await draft()).toBe('del everything');
    await panel.choose('Insert Cell Only');
    await expect.poll(draft).toMatch(/^del everything\n\n# Clear GPU memory/);
  });
});
