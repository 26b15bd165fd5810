import { afterAll, beforeAll, describe, it } from 'vitest';
import type { Browser } from 'playwright-core';

import { launchBrowser } from '../browser/chromium';
import { Lab } from '../browser/lab';
import type { Notebook } from '../browser/notebook';
import { median, say } from './statistics';

const ROUNDS = 7;
const CELLS = [
  // The practice device, by which large blocks cost more, is no part of the panel.
  `import torch; from jupyterlab_vram.devices import practice
practice.switch_on(); w = torch.randn(1024, 1024)`,
  ...Array.from(
    { length: 49 },
    (_, place) => `h${place} = torch.relu(w @ w) + ${place}`
  )
];

type Way = 'none' | 'closed' | 'open';
const WAYS: readonly Way[] = ['none', 'closed', 'open'];

/** A page without the extension, with its panel closed, or open. */
async function prepare(browser: Browser, way: Way): Promise<Notebook> {
  const context = await browser.newContext();
  if (way === 'none') {
    await context.route('**/extensions/jupyterlab-vram/**', route =>
      route.abort()
    );
  }
  const lab = await Lab.open(context);
  const notebook = await lab.notebook(CELLS);
  if (way === 'open') {
    await (await lab.openPanel()).shows();
  }
  return notebook;
}

/** Milliseconds that a run of all 50 cells takes. */
async function runAll(notebook: Notebook): Promise<number> {
  await notebook.select(0);
  return notebook.handle.evaluate(async () => {
    const startMs = performance.now();
    await window.jupyterapp.commands.execute('notebook:run-all-cells');
    return performance.now() - startMs;
  });
}

describe('overhead', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchBrowser();
  });

  afterAll(async () => {
    await browser.close();
  });

  it('prints how much longer a 50-cell notebook takes', async () => {
    const notebooks = new Map<Way, Notebook>();
    for (const way of WAYS) {
      const notebook = await prepare(browser, way);
      await runAll(notebook);
      notebooks.set(way, notebook);
    }
    const times = new Map<Way, number[]>(WAYS.map(way => [way, []]));
    for (let round = 0; round < ROUNDS; round += 1) {
      // In turn, each round from another start, so that drift hits all alike.
      for (const [place] of WAYS.entries()) {
        const way = WAYS[(place + round) % WAYS.length] as Way;
        times.get(way)?.push(await runAll(notebooks.get(way) as Notebook));
      }
    }
    const base = times.get('none') ?? [];
    for (const way of WAYS) {
      const own = times.get(way) ?? [];
      const ratios = own.map((each, round) => each / (base[round] ?? NaN));
      say(
        `panel ${way}: median ${median(own).toFixed(0)} ms, ` +
          `${((median(ratios) - 1) * 100).toFixed(1)} % over no extension (wanted: <= 2 %)`
      );
    }
  });
});
