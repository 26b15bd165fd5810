import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { launchBrowser } from './chromium';
import { serverHere } from './here';
import { Lab } from './lab';
import { writeNotebook } from './notebook';
import { MIB, take } from './python';

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
});

describe('Notebook 7', () => {
  it('should show the panel and clear by it', async () => {
    const { folder } = serverHere();
    const cells = [take('a', 300), 'del a'];
    const name = await writeNotebook(folder, cells, {});
    const lab = await Lab.openNotebook7(await browser.newContext(), name);
    const notebook = await lab.notebookAt(name);
    const panel = await lab.openPanel();
    await panel.shows();
    await notebook.run(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await notebook.run(1);
    await panel.clearButton.click();
    await panel.result.filter({ hasText: 'came back' }).waitFor();
    expect((await notebook.cell(2)).executionCount).toBe(3);
    // This page of Notebook 7 has no settings to open.
    const cog = panel.root.getByRole('button', { name: 'GPU memory settings' });
    expect(await cog.count()).toBe(0);
    expect(lab.errors).toEqual([]);
    await notebook.handle.evaluate(open => open.sessionContext.shutdown());
  });
});
