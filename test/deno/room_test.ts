import { deepStrictEqual, match, rejects, strictEqual } from 'node:assert';

import type { INotebookReading } from '../../lib/room/room.mjs';
import { connect } from '../../lib/room/room.mjs';
import { Server } from './server.ts';

const MIB = 2 ** 20;
/** 256 MiB in a variable, and 64 MiB in an output. */
const MODEL = 'import torch\nw = torch.zeros(64 << 20)';
const OUTPUT = 'torch.ones(16 << 20)';

function allocatedMiB({ reading }: INotebookReading): number {
  return (reading?.devices[0]?.allocatedBytes ?? -MIB) / MIB;
}

Deno.test('a room and the notebooks of a real server', async test => {
  const server = await Server.start();
  const room = connect(server);
  const [train, other] = await Promise.all([
    server.open('train.ipynb'),
    server.open('deep/other.ipynb')
  ]);
  await server.open('room.ipynb', 'room');
  try {
    await server.run(train, MODEL);
    await server.run(train, OUTPUT);

    await test.step('notebooks() lists every kernel with its language', async () => {
      const notebooks = await room.notebooks();
      deepStrictEqual(
        notebooks.map(({ path, language, type }) => [path, language, type]),
        [
          ['deep/other.ipynb', 'python', 'notebook'],
          ['room.ipynb', 'typescript', 'notebook'],
          ['train.ipynb', 'python', 'notebook']
        ]
      );
    });

    await test.step('readings() tells what each Python kernel has', async () => {
      const rows = await room.readings();
      deepStrictEqual(
        rows.map(({ notebook, problem }) => [notebook.path, problem]),
        [
          ['deep/other.ipynb', null],
          ['train.ipynb', null]
        ]
      );
      const [, row] = rows;
      strictEqual(row.pid, row.reading?.pid);
      const allocated = allocatedMiB(row);
      strictEqual(allocated > 320 && allocated < 360, true, `${allocated}`);
    });

    await test.step('readings() answers during a cell, and leaves the cell alone', async () => {
      const cell = await server.begin(
        other,
        'import time\ntime.sleep(2)\n"woke up"'
      );
      const [row] = await room.readings(['other.ipynb']);
      strictEqual(row.problem, null);
      strictEqual(row.notebook.state, 'busy');
      const { outputs } = await cell.end();
      deepStrictEqual(
        outputs.map(({ data }) => data['text/plain']),
        ["'woke up'"]
      );
      await cell.close();
    });

    await test.step('looking leaves no thread and no subshell behind', async () => {
      const code =
        'import threading\nprint(*sorted(t.name for t in threading.enumerate()))';
      const threads = async (): Promise<string | undefined> =>
        (await server.run(other, code)).outputs[0]?.data['text/plain'];
      const before = await threads();
      await room.readings();
      // The agent says once more that it is idle, for some tenths of a second.
      const deadlineMs = performance.now() + 5000;
      while ((await threads()) !== before && performance.now() < deadlineMs) {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      strictEqual(await threads(), before);
    });

    await test.step('holders() names who holds the memory', async () => {
      const { holders } = await room.holders('train.ipynb');
      const found = holders.map(({ name, bytes }) => [
        name,
        Math.round(bytes / MIB)
      ]);
      deepStrictEqual(found.slice(0, 2), [
        ['w', 256],
        ['Out[3]', 64]
      ]);
    });

    await test.step('clear() lets go of what was named, and of nothing else', async () => {
      const report = await room.clear('train.ipynb', { release: ['outputs'] });
      const [device] = report.devices;
      strictEqual(
        Math.round(
          (device.beforeAllocatedBytes - device.afterAllocatedBytes) / MIB
        ),
        64
      );
      await room.clear('train.ipynb', { names: ['w'] });
      const { outputs } = await server.run(train, "'w' in globals()");
      strictEqual(outputs[0]?.data['text/plain'], 'False');
    });

    await test.step('clear() refuses what makes no sense', async () => {
      await rejects(room.clear('train.ipynb', { release: ['Out[99]'] }), {
        code: 'refused'
      });
      const wrong = { release: 'outputs' } as unknown as { release: string[] };
      await rejects(room.clear('train.ipynb', wrong), { code: 'bad-argument' });
    });

    await test.step('explain() uses what the kernel knows', async () => {
      const error =
        'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.18 GiB of which 12.00 MiB is free. Including non-PyTorch memory, this process has 79.1 GiB memory in use. Of the allocated memory 78.0 GiB is allocated by PyTorch, and 100 MiB is reserved by PyTorch but unallocated.';
      const explanation = await room.explain(error, {
        notebook: 'train.ipynb'
      });
      strictEqual(explanation?.requestedBytes, 20 * MIB);
      strictEqual((explanation?.remedies.length ?? 0) > 0, true);
      strictEqual(await room.explain('SyntaxError: invalid syntax'), null);
    });

    await test.step('plan() takes the biggest GPU there is', async () => {
      const plan = await room.plan({ model: 'Qwen2.5 0.5B' });
      strictEqual(plan.gpu?.name, 'Practice device');
    });

    await test.step('names are found by their end, and doubts are said', async () => {
      await server.open('train/other.ipynb');
      await rejects(room.holders('other.ipynb'), {
        code: 'ambiguous-name',
        message: /deep\/other\.ipynb, train\/other\.ipynb/
      });
      await rejects(room.holders('none.ipynb'), {
        code: 'no-such-notebook',
        message: /train\.ipynb/
      });
      await rejects(room.holders(''), { code: 'bad-argument' });
      await rejects(room.holders('room.ipynb'), { code: 'not-python' });
    });

    await test.step('a kernel that never answers keeps its last figures, and no other row waits', async () => {
      const [{ pid }] = await room.readings(['train.ipynb']);
      Deno.kill(pid ?? 0, 'SIGSTOP');
      try {
        const rows = await room.readings(undefined, { timeoutSeconds: 5 });
        const row = rows.find(
          ({ notebook }) => notebook.path === 'train.ipynb'
        );
        strictEqual(row?.problem?.code, 'no-answer');
        strictEqual(row?.pid, pid);
        strictEqual((row?.ageMs ?? 0) >= 1500, true);
        strictEqual(row?.reading !== null, true);
        deepStrictEqual(
          rows
            .filter(({ problem }) => problem === null)
            .map(({ notebook }) => notebook.path),
          ['deep/other.ipynb', 'train/other.ipynb']
        );
      } finally {
        Deno.kill(pid ?? 0, 'SIGCONT');
      }
    });

    await test.step('processes() and stop() say why there is nothing to stop', async () => {
      const { processes, problem } = await room.processes();
      deepStrictEqual(processes, []);
      match(problem ?? '', /nvidia/i);
      await rejects(room.stop(1, { isConfirmed: true }), {
        code: 'not-stoppable'
      });
      await rejects(room.stop(-1), { code: 'bad-argument' });
    });

    await test.step('watch() ends by itself, by a signal, and refuses nonsense', async () => {
      const before = await server.ask('GET', `api/kernels/${other}`);
      const samples = await room.watch({ seconds: 1.2, everySeconds: 0.25 });
      strictEqual(samples.length >= 4, true, `${samples.length}`);
      strictEqual(
        samples.at(-1)?.reservedBytes['deep/other.ipynb'] !== undefined,
        true
      );
      strictEqual(
        (before as { execution_state: string }).execution_state,
        'idle'
      );
      const signal = AbortSignal.timeout(300);
      const startMs = performance.now();
      await room.watch({ seconds: Infinity, signal });
      strictEqual(performance.now() - startMs < 5000, true);
      await rejects(room.watch({ seconds: -1 }), { code: 'bad-argument' });
    });

    await test.step('watch() lets go of a notebook in which a cell ended meanwhile', async () => {
      const code =
        'import threading\nprint(*[t.name for t in threading.enumerate() if "vram" in t.name])';
      const watching = room.watch({ seconds: 3, everySeconds: 0.25 });
      await server.until(other, ({ connections }) => connections === 2);
      await server.run(other, 'import time\ntime.sleep(1.5)');
      const samples = await watching;
      deepStrictEqual(samples.at(-1)?.problems, {});
      // It speaks once more of how things stand, and then it is gone.
      const deadlineMs = performance.now() + 5000;
      let threads = '?';
      while (threads.trim() !== '' && performance.now() < deadlineMs) {
        const { outputs } = await server.run(other, code);
        threads = outputs[0]?.data['text/plain'] ?? '';
      }
      strictEqual(threads.trim(), '');
    });

    await test.step('a kernel that was shut down is said to be gone', async () => {
      await server.shutDown(train);
      await rejects(room.holders(train), { code: 'no-such-notebook' });
    });
  } finally {
    await server.stop();
  }
});
