import { spawn } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { useDriver } from './driver';
import { useLab } from './fixture';
import { fakeDriver, FleetSection } from './fleet';
import type { Lab } from './lab';
import { sleep, take } from './python';
import { resetSettings } from './rest';

const fixture = useLab();

/** A notebook that loads a model, uses it, and loses sight of it. */
const CELLS = [
  'import torch',
  `model = torch.nn.Sequential(*[torch.nn.Linear(4096, 4096) for layer in range(8)])
sum(weight.numel() for weight in model.parameters())`,
  'batch = torch.randn(2048, 4096)\nlogits = model(batch)',
  'scratch = torch.rand(64 << 20)',
  'del scratch',
  'del model'
];

const FIXTURE = path.join(import.meta.dirname, '../fixtures/eight-gpus.json');

const THEMES = { light: 'JupyterLab Light', dark: 'JupyterLab Dark' };
const WIDTHS_PX = [200, 260, 420];

let folder: string;

beforeAll(async () => {
  folder =
    process.env.VRAM_SCREENSHOTS ??
    (await mkdtemp(path.join(os.tmpdir(), 'vram-screenshots-')));
  await mkdir(folder, { recursive: true });
});

afterAll(resetSettings);

describe('The panel', () => {
  it('should fit into any width, in light and dark', async () => {
    const { lab } = fixture;
    const { page, panel } = lab;
    await allowNarrow(lab);
    const notebook = await lab.watchedNotebook(CELLS, { name: 'finetune' });
    await notebook.runAll();
    await panel.warnings.waitFor();
    await panel.cellRows.getByText(`[${CELLS.length}]`).waitFor();
    await panel.root.getByRole('button', { name: 'Show holders' }).click();
    await panel.holders.first().waitFor();
    await lab.dismissNotifications();
    for (const [name, theme] of Object.entries(THEMES)) {
      await useTheme(lab, theme);
      await pictureEachWidth(lab, panel.root, `panel-${name}`);
      await setPanelWidth(lab, 320);
      const file = path.join(folder, `page-${name}.png`);
      await page.screenshot({ path: file });
    }
    await lab.execute('apputils:change-theme', { theme: THEMES.light });
  });

  it('should fit with all notebooks and processes, too', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    await allowNarrow(lab);
    const driver = fakeDriver();
    const cells = [useDriver(driver), take('weights', 900), sleep(60)];
    const pids: number[] = [];
    for (const name of [
      'a-long-name-for-a-notebook',
      'evaluation',
      'finetune'
    ]) {
      const notebook = await lab.notebook(cells, { name });
      await notebook.run(0);
      await notebook.run(1);
      pids.push(Number((await notebook.cell(0)).output));
      if (name === 'evaluation') {
        await notebook.start(2);
      }
    }
    const bare = spawn('sleep', ['600'], {
      stdio: ['ignore', 'ignore', 'ignore', openSync(driver.device, 'r')]
    });
    await driver.say(
      61_000,
      [
        ...pids.map((pid, place) => ({ pid, mib: 18_600 / (place + 1) })),
        { pid: bare.pid ?? 0, mib: 9300, name: 'sleep' },
        {
          pid: 4_000_123,
          mib: null,
          name: `/opt/${'a-name-without-an-end-'.repeat(14)}`
        }
      ].map(({ mib, ...rest }) => ({ ...rest, mib: mib && Math.round(mib) }))
    );
    await lab.openPanel();
    await panel.shows();
    const fleet = new FleetSection(lab);
    await fleet.open();
    await fleet.says('evaluation', 'Busy');
    await fleet.process('orphan?').waitFor();
    await lab.dismissNotifications();
    for (const [name, theme] of Object.entries(THEMES)) {
      await useTheme(lab, theme);
      await pictureEachWidth(lab, fleet.root, `fleet-${name}`);
    }
    bare.kill();
    await fleet.close();
    await driver.forget();
    await lab.execute('apputils:change-theme', { theme: THEMES.light });
  });

  it('should fit with eight GPUs, too', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    await allowNarrow(lab);
    const notebook = await lab.watchedNotebook(['import torch', eightGpus()], {
      name: 'spread'
    });
    await notebook.runAll();
    await panel.root.getByText('7 × NVIDIA H100 80GB HBM3').waitFor();
    await panel.root.getByText('Not every device answers').waitFor();
    await expect
      .poll(() => panel.root.locator('.jp-VramDevices-line').allInnerTexts())
      .toContainEqual(expect.stringContaining('31.4 / 79.2 GiB'));
    for (const [name, theme] of Object.entries(THEMES)) {
      await useTheme(lab, theme);
      await pictureEachWidth(lab, panel.root, `eight-${name}`);
    }
    await lab.execute('apputils:change-theme', { theme: THEMES.light });
  });
});

/** Let a side area be narrower than JupyterLab lets anybody drag it. */
async function allowNarrow({ page }: Lab): Promise<void> {
  await page.addStyleTag({
    content: 'body * { --jp-sidebar-min-width: 100px !important; }'
  });
}

/** Makes the agent tell of eight GPUs, one of which does not answer. */
function eightGpus(): string {
  const devices = readFileSync(FIXTURE, 'utf8');
  return `def _tell():
    import json, sys
    readings = sys.modules["jupyterlab_vram.devices.readings"]
    devices = json.loads(${JSON.stringify(devices)})
    lost = ["cuda:5: RuntimeError: CUDA error: uncorrectable ECC error encountered"]
    readings.practice.describe = lambda: None
    readings._torch_devices = lambda torch: (devices, lost)
_tell()`;
}

/** Picture `part` of the panel in each width, in which all of the panel has to fit. */
async function pictureEachWidth(
  lab: Lab,
  part: Locator,
  name: string
): Promise<void> {
  for (const width of WIDTHS_PX) {
    await setPanelWidth(lab, width);
    expect(await overflowing(lab.panel.root)).toEqual([]);
    await part.screenshot({
      path: path.join(folder, `${name}-${width}.png`)
    });
  }
}

async function useTheme(lab: Lab, theme: string): Promise<void> {
  await lab.execute('apputils:change-theme', { theme });
  await lab.page
    .locator(`body[data-jp-theme-name="${theme}"]`)
    .waitFor({ state: 'attached' });
  // It covers the page for as long as a theme loads.
  await lab.page.locator('#jupyterlab-splash').waitFor({ state: 'detached' });
}

/** Drag the edge of the side area; again where the page moved under the pointer. */
async function setPanelWidth(lab: Lab, width: number): Promise<void> {
  const { page, panel } = lab;
  const y = 400;
  await expect
    .poll(async () => {
      const before = await panel.root.boundingBox();
      if (Math.round(before?.width ?? 0) === width) {
        return width;
      }
      const edge = (before?.x ?? 0) - 1;
      const to = edge + (before?.width ?? 0) - width;
      await page.mouse.move(edge, y);
      await page.mouse.down();
      await page.mouse.move(to, y, { steps: 4 });
      await page.mouse.up();
      return Math.round((await panel.root.boundingBox())?.width ?? 0);
    })
    .toBe(width);
}

/** What sticks out at the right, and is not cut off on purpose. */
async function overflowing(root: Locator): Promise<string[]> {
  return root.evaluate(panel => {
    const right = panel.getBoundingClientRect().right;
    const isCut = (node: Element): boolean => {
      const parent = node.parentElement;
      return (
        parent !== null &&
        parent !== panel &&
        (getComputedStyle(parent).overflowX !== 'visible' || isCut(parent))
      );
    };
    return [panel, ...panel.querySelectorAll('*')]
      .filter(
        node =>
          (node.getBoundingClientRect().right > right + 1 && !isCut(node)) ||
          (node === panel && node.scrollWidth > node.clientWidth)
      )
      .map(node => `${node.tagName}.${node.getAttribute('class') ?? ''}`);
  });
}
