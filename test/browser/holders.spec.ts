import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { Gate } from './gate';
import { LEAK, MODEL } from './python';

const fixture = useLab();

const FAILS = `def fit():
    batch = torch.ones(64 << 20)
    return 1 / 0
fit()`;

describe('Who holds the memory', () => {
  it('should be named by the warning, and released from it', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([MODEL, LEAK]);
    await notebook.runAll();
    await panel.warnings.waitFor();
    await expect
      .poll(() => panel.warnings.innerText())
      .toContain('y still holds it.');
    await panel.warnings.getByRole('button', { name: 'Release y' }).click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.innerText()).toContain('del y');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await panel.warnings.waitFor({ state: 'detached' });
    await expect.poll(() => panel.result.innerText()).toContain('Released: y.');
    expect(await notebook.ask("'y' in globals()")).toBe('False');
  });

  it('should be listed with a way to let go, and be gone afterwards', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([MODEL, 'model', 'del model']);
    await notebook.runAll();
    await panel.warnings.waitFor();
    await panel.root.getByRole('button', { name: 'Show holders' }).click();
    const row = panel.holders.filter({ hasText: /Out\[2\]/ });
    await row.waitFor();
    await expect.poll(() => row.innerText()).toMatch(/192 MiB/);
    await row.getByRole('button', { expanded: false }).click();
    await expect.poll(() => row.innerText()).toContain('Out[2].0.weight');
    await row.getByRole('button', { name: 'Release Out[2]' }).click();
    await page.getByRole('dialog').getByText('Cancel').click();
    expect(await notebook.ask('2 in Out')).toBe('True');
    await row.getByRole('button', { name: 'Release Out[2]' }).click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.innerText()).toContain('It frees 192 MiB.');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await panel.warnings.waitFor({ state: 'detached' });
    await row.waitFor({ state: 'detached' });
    expect(await notebook.ask('2 in Out')).toBe('False');
  });

  it('should let go of all that the notebook itself holds, and of nothing else', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([
      'import torch\nmine = torch.ones(16 << 20)',
      'torch.ones(16 << 20)',
      '41 + 1',
      FAILS
    ]);
    await notebook.runAll();
    await notebook.idle();
    await panel.root.getByRole('button', { name: 'Find who holds it' }).click();
    await panel.holders.filter({ hasText: 'fit() in the last' }).waitFor();
    await panel.root
      .getByRole('button', { name: 'Release all that the notebook itself' })
      .click();
    const dialog = page.getByRole('dialog');
    await expect.poll(() => dialog.innerText()).toContain('%debug');
    await dialog.getByRole('button', { name: 'Release' }).click();
    await panel.result.getByText('Released: ').waitFor();
    await panel.holders
      .filter({ hasText: 'Out[2]' })
      .waitFor({ state: 'detached' });
    expect(await notebook.ask('sorted(Out)')).toBe('[3]');
    expect(await notebook.ask("'mine' in globals()")).toBe('True');
  });

  it('should be found while a cell runs, and not be released', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const gate = new Gate();
    const notebook = await lab.watchedNotebook([
      'import torch, time\nx = torch.ones(32 << 20)',
      `def train(batch):
    while ${gate.isShut}: time.sleep(0.05)
train(torch.ones(16 << 20))`
    ]);
    await notebook.run(0);
    const running = notebook.run(1);
    await panel.shows('Busy');
    await panel.root.getByRole('button', { name: 'Find who holds it' }).click();
    await panel.holders.filter({ hasText: 'train() running' }).waitFor();
    const release = panel.holders.getByRole('button', { name: 'Release x' });
    await expect.poll(() => release.getAttribute('aria-disabled')).toBe('true');
    await expect.poll(() => panel.state.innerText()).toContain('Busy');
    await gate.open();
    await running;
  });
});
