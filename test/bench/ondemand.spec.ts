import { describe, it } from 'vitest';

import { useLab } from '../browser/fixture';
import type { Notebook } from '../browser/notebook';
import { percentile, say } from './statistics';

const CELL_SECONDS = 12;
const QUESTIONS = 20;
const LOCK_SECONDS = 6;

const PREPARE = 'import time, torch, ctypes; x = torch.randn(1024, 1024)';

const CELLS: Readonly<Record<string, string>> = {
  sleep: `time.sleep(${CELL_SECONDS})`,
  'Python loop': `end = time.time() + ${CELL_SECONDS}
while time.time() < end:
    sum(range(1000))`,
  'torch loop': `end = time.time() + ${CELL_SECONDS}
while time.time() < end:
    y = x @ x`
};

/** Native code that holds Python's lock: no thread of the kernel runs meanwhile. */
const LOCKED = `ctypes.PyDLL(None).sleep(${LOCK_SECONDS})`;

/** Changes what an idle kernel holds every 2.7 s, and notes when. */
const CHANGES = `import threading
changes = []
def change():
    for _ in range(12):
        time.sleep(2.7)
        changes.append(time.time() * 1000)
        held.append(bytearray(8 << 20))
held = []
threading.Thread(target=change, daemon=True).start()`;

/** The extension's own monitor of the active kernel, as far as the bench needs it. */
interface IAsked {
  readonly target: {
    readonly monitor: { ask(question: unknown): Promise<unknown> } | null;
  };
}

/** How long each of some questions takes, in milliseconds, asked through the extension. */
async function answers(notebook: Notebook): Promise<number[]> {
  return notebook.handle.evaluate(async (_panel, count) => {
    // Nothing else leads from outside to what a plugin provides.
    const { pluginRegistry } = window.jupyterapp as unknown as {
      pluginRegistry: { _plugins: Map<string, { service: unknown }> };
    };
    const plugin = pluginRegistry._plugins.get('jupyterlab-vram:monitors');
    const monitors = plugin?.service as IAsked;
    const question = {
      request: { op: 'processes', leftover_bytes: 1 },
      read: () => true
    };
    const took: number[] = [];
    for (let asked = 0; asked < count; asked++) {
      const startedMs = performance.now();
      await monitors.target.monitor?.ask(question);
      took.push(performance.now() - startedMs);
    }
    return took;
  }, QUESTIONS);
}

/** How long JupyterLab's own status of the kernel takes to be *busy*, which it is. */
async function busyAgain(notebook: Notebook): Promise<number> {
  return notebook.handle.evaluate(async panel => {
    const startedMs = performance.now();
    const kernel = panel.sessionContext.session?.kernel;
    while (kernel?.status !== 'busy') {
      await new Promise(resolve => setTimeout(resolve));
    }
    return performance.now() - startedMs;
  });
}

function figures(values: readonly number[]): string {
  const [p50, p95] = [50, 95].map(each => percentile(values, each).toFixed(0));
  return `p50 ${p50} ms, p95 ${p95} ms of ${values.length}`;
}

/** When the panel's allocated figure changed, by the page's clock, until `count` times. */
async function shownChanges(
  notebook: Notebook,
  count: number
): Promise<number[]> {
  return notebook.handle.evaluate(async (_panel, wanted) => {
    const times: number[] = [];
    let last: string | null = null;
    while (times.length < wanted) {
      await new Promise(requestAnimationFrame);
      const figure = document.querySelector('.jp-VramDevice-figure');
      const now = figure?.getAttribute('title') ?? null;
      if (last !== null && now !== last) {
        times.push(Date.now());
      }
      last = now;
    }
    return times;
  }, count);
}

describe('on demand', () => {
  const fixture = useLab();

  it('prints how long an answer takes, and how stale an idle kernel can look', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      PREPARE,
      ...Object.values(CELLS),
      LOCKED,
      CHANGES
    ]);
    await notebook.run(0);
    await notebook.idle();
    say(`idle: an answer takes ${figures(await answers(notebook))}`);
    for (const [place, name] of Object.keys(CELLS).entries()) {
      const ended = notebook.run(place + 1);
      await panel.state.filter({ hasText: 'Busy' }).waitFor();
      const took = await answers(notebook);
      const busyMs = await busyAgain(notebook);
      await ended;
      say(
        `${name}: an answer takes ${figures(took)}; JupyterLab says busy again ${busyMs.toFixed(0)} ms after the last`
      );
    }
    const ended = notebook.run(4);
    await panel.state.filter({ hasText: 'Busy' }).waitFor();
    const lockedMs = Date.now();
    await panel.state.filter({ hasText: /as of/ }).waitFor();
    const saidMs = Date.now() - lockedMs;
    await ended;
    const endedMs = Date.now();
    await panel.state.filter({ hasText: /^Idle$/ }).waitFor();
    say(
      `native code that holds the lock: its age is shown after ${saidMs} ms (wanted: <= 2000 ms), and is gone ${Date.now() - endedMs} ms after the end`
    );
    await notebook.run(5);
    await notebook.idle();
    const shown = await shownChanges(notebook, 10);
    const changes = JSON.parse(await notebook.ask('changes')) as number[];
    const delays = changes.flatMap(changedMs => {
      const first = shown.find(shownMs => shownMs >= changedMs);
      return first === undefined ? [] : [first - changedMs];
    });
    say(`idle: a change by a thread is shown after ${figures(delays)} changes`);
  });
});
