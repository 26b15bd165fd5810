import { afterEach, describe, expect, it } from 'vitest';

import { messageOf } from '../core/oom/kernel';
import { useLab } from './fixture';
import type { Notebook } from './notebook';
import { resetSettings } from './rest';

const fixture = useLab();

/** As PyTorch says it, on a card that other processes have filled. */
const CROWDED =
  'CUDA out of memory. Tried to allocate 86.00 MiB. GPU 0 has a total capacity of 23.64 GiB of which 64.00 MiB is free. ' +
  'Process 2086283 has 419.48 MiB memory in use. Including non-PyTorch memory, this process has 8.04 GiB memory in use. ' +
  'Process 2797307 has 14.85 GiB memory in use. Of the allocated memory 7.63 GiB is allocated by PyTorch, ' +
  'and 40.11 MiB is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting ' +
  'PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.';

const RAISE = `import torch
def train():
    raise torch.OutOfMemoryError(${JSON.stringify(CROWDED)})
train()`;

/** As a library in C does it: a line on standard error, then, when it is interrupted, the end of the process. */
const DIE = `import ctypes, sys, time
print("Error out of memory at line 380 in file /src/csrc/pythonInterface.c", file=sys.stderr, flush=True)
try:
    time.sleep(120)
finally:
    ctypes.CDLL(None).exit(1)`;

const SENTENCE =
  'Other processes hold 15.3 GiB of 23.6 GiB (process 2797307 has 14.8 GiB, process 2086283 has 419 MiB), and 86 MiB was asked for.';

async function failed(): Promise<Notebook> {
  const { lab } = fixture;
  const notebook = await lab.watchedNotebook([RAISE, '1 + 1']);
  await notebook.run(0);
  return notebook;
}

describe('A cell that runs out of memory', () => {
  it('should be explained in the panel, below its output and in a notification', async () => {
    const { lab } = fixture;
    await failed();
    const told = lab.panel.root.locator('.jp-VramOom');
    await told.waitFor();
    await expect
      .poll(() => told.getAttribute('data-cause'))
      .toBe('another process holds it');
    await expect.poll(() => told.innerText()).toContain(SENTENCE);
    const lengths = await told
      .locator('.jp-VramOom-length')
      .evaluateAll(all => all.map(each => each.getBoundingClientRect().width));
    expect((lengths[1] ?? 0) / (lengths[0] ?? 1)).toBeCloseTo(64 / 86, 2);
    const line = lab.page.locator('.jp-VramFailureLine');
    await expect.poll(() => line.innerText()).toContain(SENTENCE);
    await lab.notifications.filter({ hasText: SENTENCE }).waitFor();
  });

  it('should insert the cell of a remedy, and run nothing', async () => {
    const { lab } = fixture;
    const notebook = await failed();
    await lab.panel.root
      .locator('.jp-VramOom-remedies li')
      .filter({ hasText: 'See which processes' })
      .getByRole('button', { name: 'Insert cell' })
      .click();
    await expect
      .poll(async () => (await notebook.cell(1)).source)
      .toContain('ps -o pid,user,etime,cmd -p 2086283,2797307');
    expect((await notebook.cell(1)).executionCount).toBeNull();
  });

  it('should be opened from its notification and from its line', async () => {
    const { lab } = fixture;
    await failed();
    await lab.closePanel();
    await lab.notifications.getByRole('button', { name: 'Explain' }).click();
    const told = lab.panel.root.locator('.jp-VramOom');
    await told.waitFor();
    await lab.closePanel();
    await lab.page
      .locator('.jp-VramFailureLine')
      .getByRole('button', { name: 'Explain' })
      .click();
    await told.waitFor();
  });

  it('should lose its line when it runs again, and its explanation when dismissed', async () => {
    const { lab } = fixture;
    const notebook = await failed();
    const line = lab.page.locator('.jp-VramFailureLine');
    await line.waitFor();
    await notebook.handle.evaluate(panel =>
      panel.content.widgets[0]?.model.sharedModel.setSource('2')
    );
    await notebook.run(0);
    await line.waitFor({ state: 'detached' });
    const told = lab.panel.root.locator('.jp-VramOom');
    await lab.panel.root.getByRole('button', { name: 'Dismiss' }).click();
    await told.waitFor({ state: 'detached' });
  });
});

describe('The locals of a call that failed', () => {
  it('should be named as what holds the memory, with a button that lets go of them', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const text = messageOf({ tried: 0.2, free: 0, allocated: 78 });
    const notebook = await lab.watchedNotebook([
      `import torch
def train():
    weights = torch.ones(80 * 2**20)
    raise torch.OutOfMemoryError(${JSON.stringify(text)})
train()`
    ]);
    await notebook.run(0);
    const told = panel.root.locator('.jp-VramOom');
    await expect
      .poll(async () => told.getAttribute('data-cause'))
      .toBe('this notebook still holds it');
    await expect
      .poll(() => told.innerText())
      .toMatch(/train\(\) in the last traceback 320 MiB/);
    await told.getByRole('button', { name: 'Release', exact: true }).click();
    const dialog = lab.page.locator('.jp-Dialog');
    await dialog
      .filter({ hasText: 'Release train() in the last traceback?' })
      .waitFor();
    await dialog.locator('.jp-mod-accept').click();
    await panel.result.waitFor();
  });
});

describe('The setting for the line', () => {
  afterEach(async () => {
    await resetSettings();
    await fixture.lab.goto('lab?reset');
  });

  it('should take the line away at once', async () => {
    const { lab } = fixture;
    await failed();
    const line = lab.page.locator('.jp-VramFailureLine');
    await line.waitFor({ state: 'attached' });
    const form = await lab.openSettings();
    await form.getByLabel('Out of memory, below the cell').uncheck();
    await line.waitFor({ state: 'detached' });
  });
});

describe('A kernel that dies of it', () => {
  it('should be explained by its last words', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([DIE]);
    await notebook.start(0);
    await expect
      .poll(async () => (await notebook.cell(0)).output)
      .toContain('Error out of memory');
    await notebook.handle.evaluate(() => {
      void window.jupyterapp.commands.execute('notebook:interrupt-kernel');
    });
    // JupyterLab says itself that the kernel restarts.
    await lab.page.locator('.jp-Dialog .jp-mod-accept').click();
    const told = lab.panel.root.locator('.jp-VramOom');
    await told.waitFor();
    await expect
      .poll(() => lab.panel.root.innerText())
      .toContain('The kernel died.');
    await expect
      .poll(() => told.innerText())
      .toContain('The GPU ran out of memory.');
  });
});

describe('The box for any error', () => {
  it('should explain what is pasted, and say when there is nothing to explain', async () => {
    const { lab } = fixture;
    await lab.watchedNotebook(['1']);
    await lab.panel.root
      .getByRole('button', { name: 'Explain an error' })
      .click();
    const box = lab.panel.root.getByRole('textbox', {
      name: 'The text of an error'
    });
    await box.fill('ValueError: a shape is wrong');
    await lab.panel.root
      .getByText('No out-of-memory error was found in this text.')
      .waitFor();
    await box.fill(
      'ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size 838447104'
    );
    await lab.panel.root
      .locator('.jp-VramOom')
      .filter({ hasText: 'The GPU had no room for 800 MiB.' })
      .waitFor();
  });
});
