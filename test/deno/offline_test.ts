import { deepStrictEqual, match, rejects, strictEqual } from 'node:assert';

import type { INotebookReading } from '../../lib/room/room.mjs';
import { connect } from '../../lib/room/room.mjs';
import { Server } from './server.ts';

const NIGHT = `import time
for hour in range(20):
    print('hour', hour, flush=True)
    time.sleep(0.1)`;
const LONG_NIGHT = NIGHT.replace('20', '80');
const MODEL = 'import torch\nw = torch.zeros(64 << 20)';

/** Wait until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    strictEqual(performance.now() < deadline, true, 'It never was so');
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

/** The hours that a front end was told of. */
function hoursOf({ printed }: { printed: string }): number[] {
  return [...printed.matchAll(/hour (\d+)/g)].map(([, hour]) => Number(hour));
}

/** The only row of a list. */
function only(rows: readonly INotebookReading[]): INotebookReading {
  const [row, ...others] = rows;
  strictEqual(others.length, 0);
  return row;
}

Deno.test('who is offline', async test => {
  const server = await Server.start();
  const room = connect(server);
  const kernelId = await server.open('night.ipynb');
  await server.run(kernelId, MODEL);
  await server.goOffline(kernelId);

  /** The browser begins `code`, and goes offline; what it is told when it comes back. */
  async function away(
    code: string,
    meanwhile: (browser: { close(): Promise<void> }) => Promise<void>
  ): Promise<number[]> {
    const browser = await server.connect(kernelId, 'browser');
    await browser.begin(code);
    await until(() => hoursOf(browser).includes(1));
    await meanwhile(browser);
    const back = await server.connect(kernelId, 'browser');
    const all = (): number[] => [...hoursOf(browser), ...hoursOf(back)];
    const last = code === NIGHT ? 19 : 79;
    await until(() => hoursOf(back).includes(last));
    await back.close();
    return [...new Set(all())];
  }

  async function leave(browser: { close(): Promise<void> }): Promise<void> {
    await browser.close();
    await server.until(kernelId, ({ connections }) => connections === 0);
  }

  try {
    await test.step('nothing that the room does by itself takes their output away', async () => {
      const hours = await away(NIGHT, async browser => {
        await leave(browser);
        const row = only(await room.readings());
        strictEqual(row.problem?.code, 'would-drop-output');
        match(row.problem?.sentence ?? '', /night\.ipynb.*mayDropOutput: true/);
        const overview = await room.overview();
        strictEqual(
          only(overview.notebooks).problem?.code,
          'would-drop-output'
        );
        strictEqual((await room.processes()).toldBy, null);
        const code = 'would-drop-output';
        await rejects(room.holders('night.ipynb'), { code });
        await rejects(room.clear('night.ipynb'), { code });
        const text =
          'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.';
        await rejects(room.explain(text, { notebook: 'night.ipynb' }), {
          code
        });
        const samples = await room.watch({ seconds: 1.5, everySeconds: 0.5 });
        strictEqual(samples.at(-1)?.problems['night.ipynb'], code);
        deepStrictEqual(samples.at(-1)?.reservedBytes, {});
      });
      deepStrictEqual(hours, [...Array(20).keys()]);
    });

    await test.step('an idle kernel may have kept output, too', async () => {
      const hours = await away(NIGHT, async browser => {
        await leave(browser);
        await server.until(
          kernelId,
          ({ execution_state }) => execution_state === 'idle'
        );
        const row = only(await room.readings());
        strictEqual(row.problem?.code, 'would-drop-output');
      });
      deepStrictEqual(hours, [...Array(20).keys()]);
    });

    await test.step('what can be known without them is told', async () => {
      await server.until(kernelId, ({ connections }) => connections === 0);
      const row = only(await room.readings());
      strictEqual(row.reading, null);
      strictEqual(row.notebook.state, 'idle');
      strictEqual(row.notebook.connections, 0);
      const asked = only(
        await room.readings(undefined, { mayDropOutput: true })
      );
      strictEqual(asked.problem, null);
      strictEqual(row.pid, asked.reading?.pid);
      strictEqual(
        (await room.holders('night.ipynb', { mayDropOutput: true })).holders[0]
          .name,
        'w'
      );
    });

    await test.step('who goes offline while the room watches finds the output, too', async () => {
      let samples: Awaited<ReturnType<typeof room.watch>> = [];
      const hours = await away(LONG_NIGHT, async browser => {
        const watching = room.watch({ seconds: 6, everySeconds: 0.5 });
        await server.until(kernelId, ({ connections }) => connections === 2);
        await browser.close();
        await server.until(kernelId, ({ connections }) => connections === 0);
        samples = await watching;
      });
      // It may take a second until the room notices, and as long until the server knows.
      const missed = 80 - hours.length;
      strictEqual(missed <= 25, true, `${missed} of 80 lines are gone`);
      strictEqual(hours.includes(78), true);
      strictEqual(samples.at(-1)?.problems['night.ipynb'], 'would-drop-output');
    });
  } finally {
    await server.stop();
  }
});
