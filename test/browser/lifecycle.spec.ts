import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { Lab } from './lab';
import { MIB, sleep, take } from './python';

const fixture = useLab();

const PID = '__import__("os").getpid()';

describe('A kernel', () => {
  it('should be watched anew after a restart', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([take('a', 300)]);
    await notebook.run(0);
    await panel.cellRows.waitFor();
    await notebook.handle.evaluate(open => open.sessionContext.restartKernel());
    await expect.poll(() => panel.cellRows.count()).toBe(0);
    await panel.shows();
    await expect.poll(() => panel.bytes('peak')).toBeLessThan(100 * MIB);
    await notebook.run(0);
    await expect.poll(() => panel.cellRows.count()).toBe(1);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
  });

  it('should be watched on after an interrupt', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      `${take('a', 300)}\n${sleep(60)}`,
      'del a'
    ]);
    await notebook.start(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await lab.execute('notebook:interrupt-kernel');
    await notebook.idle();
    await panel.shows('Idle');
    const row = panel.cellRows.first();
    await row.getByRole('img', { name: 'failed' }).waitFor();
    expect((await notebook.cell(0)).output).toContain('KeyboardInterrupt');
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
  });

  it('should be watched anew after it was killed in its cell', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      'import os, signal\nos.kill(os.getpid(), signal.SIGKILL)'
    ]);
    await notebook.run(0);
    await notebook.select(1);
    void lab.execute('notebook:run-cell').catch(() => undefined);
    await lab.page.locator('.jp-Dialog .jp-mod-accept').click();
    await panel.shows();
    await expect.poll(() => panel.cellRows.count()).toBe(0);
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });

  it('should be watched anew after it was killed in the middle of a clear', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      `import gc, os, signal
gc.callbacks.append(lambda phase, info: os.kill(os.getpid(), signal.SIGKILL))`
    ]);
    const pid = await notebook.ask(PID);
    // The next garbage collection is the one of the clear.
    await notebook.ask('__import__("gc").disable()');
    await notebook.run(0);
    await panel.choose('Clear Quietly').catch(() => undefined);
    await lab.page.locator('.jp-Dialog .jp-mod-accept').click();
    await panel.shows();
    expect(await notebook.ask(PID)).not.toBe(pid);
  });

  it('should leave an empty state after it was shut down', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([take('a', 300)]);
    await notebook.run(0);
    await notebook.handle.evaluate(open => open.sessionContext.shutdown());
    await panel.notice.filter({ hasText: 'No kernel' }).waitFor();
    await expect.poll(() => panel.bytes('allocated')).toBeNull();
  });

  it('should be left for another one', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([take('a', 300)]);
    await notebook.run(0);
    await panel.cellRows.waitFor();
    await notebook.handle.evaluate(open =>
      open.sessionContext.changeKernel({ name: 'plain' })
    );
    await panel.notice.filter({ hasText: 'No torch' }).waitFor();
    await notebook.handle.evaluate(open =>
      open.sessionContext.changeKernel({ name: 'python3' })
    );
    await panel.shows();
    await expect.poll(() => panel.cellRows.count()).toBe(0);
    await expect.poll(() => panel.bytes('allocated')).toBeLessThan(100 * MIB);
  });
});

describe('One kernel for two notebooks', () => {
  it('should show the same figures, and outlive either', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const first = await lab.watchedNotebook([take('a', 300)]);
    await first.run(0);
    const kernelId = await first.kernelId();
    const second = await lab.notebook([take('b', 200)], { kernelId });
    await panel.title.filter({ hasText: second.name }).waitFor();
    await panel.shows();
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await first.close();
    await second.run(0);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(500 * MIB);
    await expect.poll(() => panel.cellRows.count()).toBe(2);
  });
});

describe('One kernel for two pages', () => {
  it('should be followed by both, and by the one that stays', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      take('b', 200)
    ]);
    const other = await Lab.open(lab.page.context());
    await other.openNotebook(notebook.name);
    await other.openPanel();
    await other.panel.shows();
    await notebook.run(0);
    for (const { panel } of [lab, other]) {
      await expect
        .poll(() => panel.bytes('allocated'))
        .toBeGreaterThan(300 * MIB);
    }
    await other.closePanel();
    await notebook.run(1);
    await expect
      .poll(() => lab.panel.bytes('allocated'))
      .toBeGreaterThan(500 * MIB);
    await other.page.close();
    expect(other.errors).toEqual([]);
  });
});

describe('A notebook', () => {
  it('should keep its figures when it moves beside another', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    await lab.notebook(['x = 1']);
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      take('b', 200)
    ]);
    await notebook.run(0);
    await notebook.handle.evaluate(open => {
      window.jupyterapp.shell.add(open, 'main', { mode: 'split-right' });
    });
    await notebook.run(1);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(500 * MIB);
    await expect.poll(() => panel.cellRows.count()).toBe(2);
  });
});

describe('A lost connection', () => {
  it('should be said, and be over when it is back', async () => {
    const { lab } = fixture;
    const { panel, page } = lab;
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      take('b', 200)
    ]);
    await notebook.run(0);
    await panel.cellRows.waitFor();
    await page.context().setOffline(true);
    await page.evaluate(() => window.cutSockets());
    await panel.notice.filter({ hasText: 'Connection lost' }).waitFor();
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await page.context().setOffline(false);
    await lab.execute('notebook:reconnect-to-kernel');
    await panel.shows('Idle');
    await notebook.idle();
    await notebook.run(1);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(500 * MIB);
  });
});
