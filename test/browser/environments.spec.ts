import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { serverHere } from './here';
import { MessageLog } from './messages';
import { MIB, take } from './python';
import { resetSettings } from './rest';

const fixture = useLab();

afterAll(resetSettings);

describe('A kernel without the package', () => {
  it('should be watched and cleared by the delivered agent', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook(
      [take('a', 300), 'del a', '%load_ext jupyterlab_vram\n%vram'],
      { kernel: 'bare' }
    );
    const file = '__import__("jupyterlab_vram").__spec__.origin';
    expect(await notebook.ask(file)).not.toContain('.py');
    await notebook.run(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await notebook.run(1);
    await panel.clearButton.click();
    await expect.poll(() => panel.bytes('reserved')).toBeLessThan(100 * MIB);
    await panel.result.filter({ hasText: 'came back' }).waitFor();
    await notebook.run(3);
    expect((await notebook.cell(3)).output).toContain('allocated');
  });
});

describe('A kernel of another language', () => {
  it('should be left alone', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.notebook(['hello'], { kernel: 'echo' });
    const log = await MessageLog.of(notebook);
    await lab.openPanel();
    await panel.notice.filter({ hasText: 'Not a Python kernel' }).waitFor();
    await expect.poll(() => panel.clearButton.count()).toBe(0);
    expect(await log.sent('execute_request')).toBe(0);
    await notebook.run(0);
    expect((await notebook.cell(0)).output).toBe('hello');
    expect(await log.sent('execute_request')).toBe(1);
    await lab.execute('jupyterlab-vram:clear-memory');
    await lab.notifications.filter({ hasText: 'Python' }).waitFor();
    expect(await notebook.cells()).toHaveLength(1);
  });
});

describe('A kernel without a GPU', () => {
  it('should say that torch is not there, and then that it has no GPU', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.notebook(['import torch'], { kernel: 'plain' });
    await lab.openPanel();
    await panel.notice.filter({ hasText: 'No torch in this kernel' }).waitFor();
    await notebook.run(0);
    await panel.notice
      .filter({ hasText: /no GPU support|No GPU driver/ })
      .waitFor();
    await expect.poll(() => panel.bytes('allocated')).toBeNull();
  });

  it('should not take another module for torch', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const folder = path.join(serverHere().folder, 'shadow');
    await mkdir(folder);
    await writeFile(path.join(folder, 'torch.py'), 'mine = 1\n');
    const notebook = await lab.notebook(
      ['import torch\ntorch.mine', 'torch = 2\ntorch'],
      { kernel: 'plain', name: 'shadow/notebook' }
    );
    await lab.openPanel();
    await panel.notice.filter({ hasText: 'No torch in this kernel' }).waitFor();
    await notebook.runAll();
    expect((await notebook.cells()).map(cell => cell.output)).toEqual([
      '1',
      '2'
    ]);
    await panel.state.filter({ hasText: 'Idle' }).waitFor();
    await panel.notice.filter({ hasText: 'No torch in this kernel' }).waitFor();
  });

  it('should offer the practice device', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.notebook([take('a', 300)], { kernel: 'plain' });
    await lab.openPanel();
    await panel.root
      .getByRole('button', { name: 'Use the practice device' })
      .click();
    await panel.shows();
    await panel.root.getByText('practice device').waitFor();
    await notebook.run(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await lab.statusItem.filter({ hasText: 'Practice' }).waitFor();
  });
});
