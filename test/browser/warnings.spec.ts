import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import type { Notebook } from './notebook';
import { END_OF_LEAK, LEAK, MODEL } from './python';

const fixture = useLab();

/** A notebook in which `del model` has just freed nothing. */
async function leakingNotebook(): Promise<Notebook> {
  const { lab } = fixture;
  const notebook = await lab.watchedNotebook([MODEL, LEAK, END_OF_LEAK]);
  await notebook.run(0);
  await notebook.run(1);
  return notebook;
}

describe('A leak', () => {
  it('should raise one warning with its evidence, and take it back by itself', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await leakingNotebook();
    await panel.warnings.waitFor();
    const text = await panel.warnings.innerText();
    expect(text).toContain('del model freed 0 of 192 MiB.');
    expect(text).toMatch(
      /Cell \[2\] deleted model; 192 MiB of it is still alive/
    );
    await lab.notifications.filter({ hasText: 'del model freed 0' }).waitFor();
    await notebook.run(2);
    await panel.warnings.waitFor({ state: 'detached' });
    await lab.notifications.waitFor({ state: 'detached' });
  });

  it('should be shown by its notification', async () => {
    const { lab } = fixture;
    await leakingNotebook();
    await lab.notifications.waitFor();
    await lab.closePanel();
    await lab.notifications.getByRole('button', { name: 'Show' }).click();
    await lab.panel.warnings.waitFor();
  });

  it('should be cleared from its notification', async () => {
    const { lab } = fixture;
    const notebook = await leakingNotebook();
    await lab.notifications.getByRole('button', { name: 'Clear' }).click();
    await lab.panel.result.waitFor();
    const inserted = await notebook.cell(2);
    expect(inserted.source).toContain('_clear_gpu_memory()');
    expect(inserted.executionCount).toBe(3);
    // The graph of `y` still holds the weights, and the panel says so.
    await expect
      .poll(() => lab.panel.result.innerText())
      .toMatch(/MiB stayed allocated/);
    await expect.poll(() => lab.panel.warnings.count()).toBe(1);
  });

  it('should hide while snoozed, and be shown again', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    await leakingNotebook();
    await panel.warnings.getByRole('button', { name: 'Snooze' }).click();
    await panel.warnings.waitFor({ state: 'detached' });
    await panel.root.getByText('1 snoozed').waitFor();
    await panel.root.getByRole('button', { name: 'Show' }).click();
    await panel.warnings.filter({ hasText: 'del model' }).waitFor();
  });

  it('should tint the status item and stand in its tooltip', async () => {
    const { lab } = fixture;
    await leakingNotebook();
    const item = lab.statusItem;
    await lab.panel.warnings.waitFor();
    await expect.poll(() => item.getAttribute('data-warning')).toBe('true');
    await expect
      .poll(() => item.getAttribute('title'))
      .toContain('del model freed 0 of');
  });
});

describe('An ordinary notebook', () => {
  it('should raise no warning', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      MODEL,
      'with torch.no_grad():\n    y = model(torch.randn(64, 4096))',
      'del model, y'
    ]);
    await notebook.runAll();
    await expect.poll(() => panel.cellRows.count()).toBe(3);
    await expect.poll(() => panel.warnings.count()).toBe(0);
    await expect.poll(() => lab.notifications.count()).toBe(0);
  });
});
