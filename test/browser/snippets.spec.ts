import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { take } from './python';

const fixture = useLab();

const LABELS = [
  'Check GPU memory',
  'Clear GPU memory',
  'GPU memory summary',
  'Verify after a load'
];

/** The person's variables; IPython keeps inputs under names with an underscore. */
const NAMES = 'sorted(name for name in globals() if name[0] != "_")';

describe('Snippets', () => {
  it('should each be a cell that runs', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([take('a', 300)]);
    await notebook.run(0);
    const names = await notebook.ask(NAMES);
    for (const [place, label] of LABELS.entries()) {
      await panel.root
        .getByRole('button', { name: `Insert: ${label}` })
        .click();
      await expect
        .poll(async () => (await notebook.cells()).length)
        .toBe(place + 2);
      await notebook.run(place + 1);
      const cell = await notebook.cell(place + 1);
      expect(cell.executionCount).toBe(place + 2);
      expect(cell.output).toMatch(/practice.* (0\.(29|3)|3\d{8}\b)/);
    }
    expect(await notebook.ask(NAMES)).toBe(names);
  });

  it('should be in the Kernel menu', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await notebook.select(0);
    const { page } = lab;
    await page.getByRole('menuitem', { name: 'Kernel', exact: true }).click();
    const items = page.locator('.lm-Menu-item');
    await items.filter({ hasText: 'GPU Memory' }).hover();
    await items.filter({ hasText: 'Check GPU memory' }).click();
    await expect
      .poll(async () => (await notebook.cells())[1]?.source)
      .toContain('_check_gpu_memory()');
  });

  it('should be in the command palette, beside the other commands', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook(['x = 1']);
    await notebook.select(0);
    await lab.execute('apputils:activate-command-palette');
    const palette = lab.page.locator('#modal-command-palette');
    await palette.getByPlaceholder('SEARCH').fill('gpu memory');
    const items = palette.locator('.lm-CommandPalette-item');
    for (const label of [...LABELS, 'Show GPU Memory', '%%vram cell']) {
      await items.filter({ hasText: label }).first().waitFor();
    }
    await items.filter({ hasText: 'Verify after a load' }).click();
    await expect
      .poll(async () => (await notebook.cells())[1]?.source)
      .toContain('_verify_load');
  });
});
