import { describe, expect, it } from 'vitest';

import { useLab } from './fixture';
import { Gate } from './gate';
import { kernelModel } from './rest';
import { sleep, take } from './python';
import { MessageLog } from './messages';

const fixture = useLab();

/** What a person could notice in a kernel, as text. */
const STATE = `repr((
    get_ipython().execution_count,
    repr(get_ipython().user_ns.get('_')),
    repr(get_ipython().user_ns.get('Out')),
    list(get_ipython().user_ns['In']),
    sorted(get_ipython().user_ns),
    list(get_ipython().history_manager.get_range(raw=True, output=True)),
    hasattr(__import__('sys'), 'last_traceback'),
    sorted(get_ipython().user_ns_hidden),
))`;

/** Compares what can be noticed before and after the readings that the gate waits for. */
function watched(gate: Gate): string {
  return `import time
start = ${STATE}
${gate.wait}
start == ${STATE}`;
}

describe('Looking', () => {
  it('should change nothing that a cell could notice in 20 readings', async () => {
    const { lab } = fixture;
    const gate = new Gate();
    const notebook = await lab.watchedNotebook([
      'start = end = 41 + 1\nend',
      watched(gate)
    ]);
    const log = await MessageLog.of(notebook);
    await notebook.run(0);
    await notebook.start(1);
    const startedMs = performance.now();
    await expect.poll(() => log.pushes()).toBeGreaterThanOrEqual(20);
    expect(performance.now() - startedMs).toBeLessThan(7000);
    await gate.open();
    await notebook.idle();
    expect((await notebook.cell(1)).output).toBe('True');
    expect((await notebook.cell(1)).executionCount).toBe(2);
  });

  it('should change nothing by attaching, clearing quietly and detaching', async () => {
    const { lab } = fixture;
    const notebook = await lab.notebook(['41 + 1', take('a', 20)]);
    await lab.closePanel();
    await notebook.run(0);
    const before = await notebook.ask(STATE);
    await lab.openPanel();
    await lab.panel.shows();
    await lab.panel.choose('Clear Quietly');
    await lab.panel.result.waitFor();
    await lab.closePanel();
    expect(await notebook.ask(STATE)).toBe(before);
    await notebook.run(1);
    expect((await notebook.cell(1)).executionCount).toBe(2);
  });

  it('should leave a saved notebook saved', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([take('a', 20)]);
    await notebook.run(0);
    await notebook.handle.evaluate(open => open.context.save());
    await lab.panel.choose('Clear Quietly');
    await lab.panel.result.waitFor();
    expect(await notebook.isDirty()).toBe(false);
  });
});

describe('An idle kernel', () => {
  it('should exchange no message in 20 s, and so be culled in time', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([take('a', 20)]);
    await notebook.run(0);
    await lab.panel.cellRows.waitFor();
    await notebook.idle();
    const log = await MessageLog.of(notebook);
    // JupyterLab's own requests to a new kernel (its debugger's, for one) may still be under way.
    await expect.poll(() => log.during(1000), { timeout: 20_000 }).toEqual([]);
    const before = await kernelModel(await notebook.kernelId());
    expect(await log.during(20_000)).toEqual([]);
    const after = await kernelModel(await notebook.kernelId());
    expect(after.last_activity).toBe(before.last_activity);
    expect(after.execution_state).toBe('idle');
  });

  it('should report what changes in it without moving its activity', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      `import threading
def later():
    global a
    a = bytearray(200 << 20)
threading.Timer(1, later).start()`
    ]);
    await notebook.run(0);
    await notebook.idle();
    const before = await kernelModel(await notebook.kernelId());
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(200 << 20);
    const after = await kernelModel(await notebook.kernelId());
    expect(after.last_activity).toBe(before.last_activity);
  });
});

describe('A closed panel', () => {
  it('should stop the pushes, and show figures again when opened', async () => {
    const { lab } = fixture;
    const notebook = await lab.watchedNotebook([
      sleep(1),
      sleep(3),
      take('a', 200)
    ]);
    await lab.closePanel();
    // The kernel is told when it next pushes.
    await notebook.run(0);
    const log = await MessageLog.of(notebook);
    await notebook.run(1);
    expect(await log.pushes()).toBe(0);
    await notebook.run(2);
    expect(await log.pushes()).toBe(0);
    const panel = await lab.openPanel();
    await panel.shows();
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(200 << 20);
  });
});
