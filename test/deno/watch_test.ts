import { strictEqual } from 'node:assert';

import type { IWatchSample } from '../../lib/room/room.mjs';
import { connect } from '../../lib/room/room.mjs';
import { Server } from './server.ts';

const HUNG = 'hung.ipynb';
const BUSY = 'busy.ipynb';
const RESTARTED = 'restarted.ipynb';
const DIED = 'died.ipynb';
const CLOSED = 'closed.ipynb';
const FINE = 'fine.ipynb';
const ALL = [HUNG, BUSY, RESTARTED, DIED, CLOSED, FINE];
const WATCH_S = 25;

/** What the samples say of one notebook, one after the other, each once. */
function story(samples: readonly IWatchSample[], path: string): string[] {
  const words = samples.map(
    ({ problems, reservedBytes }) =>
      problems[path] ?? (path in reservedBytes ? 'fine' : 'unknown')
  );
  return words.filter((word, index) => word !== words[index - 1]);
}

Deno.test('a watch says what becomes of the notebooks', async test => {
  const server = await Server.start();
  const room = connect(server);
  try {
    const kernels = new Map<string, string>();
    for (const path of ALL) {
      kernels.set(path, await server.open(path));
    }
    const idOf = (path: string): string => kernels.get(path) ?? '';
    const pids = new Map(
      (await room.readings()).map(({ notebook, pid }) => [
        notebook.path,
        pid ?? 0
      ])
    );
    const activity = async (): Promise<unknown> =>
      (
        (await server.ask('GET', `api/kernels/${idOf(FINE)}`)) as {
          last_activity: string;
        }
      ).last_activity;

    const cell = await server.begin(idOf(BUSY), 'import time\ntime.sleep(60)');
    const watching = room.watch({ seconds: WATCH_S, everySeconds: 0.25 });
    for (const path of ALL) {
      // The test's own front end, and the watch; of the busy one, two of the test's.
      const wanted = path === BUSY ? 3 : 2;
      await server.until(
        idOf(path),
        ({ connections }) => connections === wanted
      );
    }
    await new Promise(resolve => setTimeout(resolve, 3000));
    const before = await activity();
    Deno.kill(pids.get(HUNG) ?? 0, 'SIGSTOP');
    Deno.kill(pids.get(BUSY) ?? 0, 'SIGSTOP');
    Deno.kill(pids.get(DIED) ?? 0, 'SIGKILL');
    await server.ask('POST', `api/kernels/${idOf(RESTARTED)}/restart`);
    await server.ask('DELETE', `api/kernels/${idOf(CLOSED)}`);
    await new Promise(resolve => setTimeout(resolve, 15_000));
    // The end of the watch is a request again.
    const after = await activity();
    const samples = await watching;
    for (const path of [HUNG, BUSY]) {
      Deno.kill(pids.get(path) ?? 0, 'SIGCONT');
    }
    await cell.close();

    const expected = [
      ['that hangs', HUNG, 'fine no-answer'],
      ['that hangs in a cell', BUSY, 'fine no-answer'],
      ['that was restarted', RESTARTED, 'fine restarted fine'],
      ['that died', DIED, 'fine restarted fine'],
      ['that was closed', CLOSED, 'fine kernel-gone'],
      ['that is fine', FINE, 'fine']
    ];
    for (const [what, path, words] of expected) {
      await test.step(`one ${what}`, () => {
        const told = story(samples, path).filter(word => word !== 'unknown');
        strictEqual(told.join(' '), words);
      });
    }
    await test.step('and an idle one stays idle for its server', () =>
      strictEqual(after, before));
    await test.step('who asks later is told of a restart, too', async () => {
      const [row] = await room.readings([RESTARTED]);
      strictEqual(row.problem, null);
      strictEqual(row.restartedMs !== null, true);
    });
  } finally {
    await server.stop();
  }
});
