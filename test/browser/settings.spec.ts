import { afterEach, describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { LEAK, MODEL, take } from './python';
import { resetSettings } from './rest';

const fixture = useLab();

afterEach(async () => {
  await resetSettings();
  // Without the documents, which the next test must not find half restored.
  await fixture.lab.goto('lab?reset');
});

describe('A changed setting', () => {
  it('should show badges at once, and for each run that follows', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      take('b', 200)
    ]);
    await notebook.run(0);
    await lab.panel.cellRows.waitFor();
    const badges = lab.page.locator('.jp-Cell .jp-VramBadge:visible');
    await expect.poll(() => badges.count()).toBe(0);
    const form = await lab.openSettings();
    await form.getByLabel('Badge at each cell').check();
    await notebook.select(1);
    await badges.filter({ hasText: '+300 MiB' }).waitFor();
    await notebook.run(1);
    await badges.filter({ hasText: '+200 MiB' }).waitFor();
  });

  it('should take the status item away, and bring it back', async () => {
    const { lab } = fixture;
    await lab.watchedNotebook(['x = 1']);
    await lab.statusItem.waitFor();
    const form = await lab.openSettings();
    await form.getByLabel('Status bar item').uncheck();
    await lab.statusItem.waitFor({ state: 'hidden' });
    await form.getByLabel('Status bar item').check();
    await lab.statusItem.waitFor();
  });

  it('should judge what is known by a new threshold', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([MODEL, LEAK]);
    await notebook.run(0);
    await notebook.run(1);
    await panel.warnings.waitFor();
    const form = await lab.openSettings();
    const field = form.locator('[name$="_leakMinMiB"]');
    await field.fill('500');
    await panel.warnings.waitFor({ state: 'detached' });
    await field.fill('100');
    await panel.warnings.waitFor();
  });

  it('should make the button work quietly, and the notifications end', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([MODEL, LEAK]);
    const form = await lab.openSettings();
    await form.getByLabel('Notifications', { exact: true }).uncheck();
    await form
      .locator('[name$="_clearAction"]')
      .selectOption({ label: 'Clear quietly, without a cell' });
    await notebook.run(0);
    await notebook.run(1);
    await panel.warnings.waitFor();
    await panel.clearButton.click();
    await panel.result.waitFor();
    expect(await notebook.cells()).toHaveLength(2);
    await expect.poll(() => lab.notifications.count()).toBe(0);
  });
});
