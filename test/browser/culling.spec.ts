import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { FleetSection } from './fleet';
import { launchBrowser } from './chromium';
import { Lab } from './lab';
import { MessageLog } from './messages';
import type { Notebook } from './notebook';
import { sleep, take } from './python';
import { Server } from './server';

const CULL_AFTER_S = 25;
const COUNT = 10;

let server: Server;
let browser: Browser;
let lab: Lab;

beforeAll(async () => {
  server = await Server.start([
    `--MappingKernelManager.cull_idle_timeout=${CULL_AFTER_S}`,
    '--MappingKernelManager.cull_interval=2',
    // As far as it goes: kernels whose notebooks are open, too.
    '--MappingKernelManager.cull_connected=True'
  ]);
  browser = await launchBrowser();
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 }
  });
  lab = await Lab.open(context, server.address);
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

/** The kernels that the server runs. */
async function running(): Promise<Set<string>> {
  const { url, token } = server.address;
  const answer = await fetch(`${url}api/kernels`, {
    headers: { Authorization: `token ${token}` }
  });
  const models = (await answer.json()) as { id: string }[];
  return new Set(models.map(model => model.id));
}

describe('Ten kernels with the table shown', () => {
  it('should be culled in time, but for the busy one, and be asked nothing meanwhile', async () => {
    const fleet = new FleetSection(lab);
    // All at once: the first must still be there when the last one is.
    const idle: Notebook[] = await Promise.all(
      Array.from({ length: COUNT - 1 }, (_, place) =>
        lab.notebook([take('a', 20)], { name: `culled-${place + 1}` })
      )
    );
    const busy = await lab.watchedNotebook([sleep(60)], { name: 'kept' });
    await busy.start(0);
    await fleet.open();
    for (const { name } of idle) {
      await fleet.says(name, 'Idle');
      await expect.poll(() => fleet.figure(name, 0)).not.toBe('unknown');
    }
    expect(await running()).toHaveProperty('size', COUNT);
    const logs = await Promise.all(idle.map(each => MessageLog.of(each)));
    await expect
      .poll(running, { timeout: (CULL_AFTER_S + 20) * 1000, interval: 500 })
      .toEqual(new Set([await busy.kernelId()]));
    for (const log of logs) {
      expect(await log.asked()).toEqual([]);
    }
    await expect.poll(() => fleet.kernel('kept').innerText()).toContain('Busy');
  });
});
