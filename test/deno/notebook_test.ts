import { deepStrictEqual, match, strictEqual } from 'node:assert';

import type { Client } from './server.ts';
import { Server } from './server.ts';

/** As the first cell of a room has it: from this machine where the kernelspec's package is. */
const IMPORT =
  'const { room, RoomError } = await import(Deno.env.get("JUPYTERLAB_VRAM_ROOM") ?? "npm:jupyterlab-vram/deno");';
const CELLS = 300;

/** Wait until a running cell has shown something. */
async function untilShown(cell: Client, count = 1): Promise<void> {
  while (cell.outputCount < count) {
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

Deno.test('a room in a Deno notebook', async test => {
  const server = await Server.start();
  try {
    const train = await server.open('train.ipynb');
    await server.run(train, 'x = bytearray(192 << 20)');
    const own = await server.open('room.ipynb', 'room');
    const client = await server.connect(own);
    await client.run(IMPORT);

    await test.step('it finds its own server, and leaves itself out', async () => {
      const { outputs } = await client.run(
        'console.log(JSON.stringify((await room.notebooks()).map(n => [n.path, n.isOwn])))'
      );
      deepStrictEqual(JSON.parse(outputs[0]?.data['text/plain'] ?? ''), [
        ['room.ipynb', true],
        ['train.ipynb', false]
      ]);
    });

    await test.step('show() draws HTML and text', async () => {
      const { outputs } = await client.run('await room.show()');
      deepStrictEqual(
        outputs.map(({ kind }) => kind),
        ['display_data']
      );
      match(outputs[0]?.data['text/html'] ?? '', /<table.*train\.ipynb/s);
      match(outputs[0]?.data['text/plain'] ?? '', /train\.ipynb: 19\d MiB/);
    });

    await test.step('a result draws itself, and stays plain data', async () => {
      const { outputs } = await client.run('await room.readings()');
      match(outputs[0]?.data['text/html'] ?? '', /19\d MiB/);
      const kept = await client.run(
        'const rows = await room.readings();\nconsole.log(Object.keys(rows[0]).join())'
      );
      deepStrictEqual(
        kept.outputs.map(({ kind }) => kind),
        ['stream']
      );
    });

    await test.step('an error says what to do', async () => {
      const { status, outputs } = await client.run(
        'await room.holders("nope")'
      );
      strictEqual(status, 'error');
      match(JSON.stringify(outputs), /No notebook called nope runs/);
    });

    await test.step('the token is never printed', async () => {
      const { outputs } = await client.run(
        'console.log(room, Deno.inspect(await room.overview(), { depth: 9 }), Deno.inspect(room, { depth: 9, showHidden: true }))'
      );
      strictEqual(JSON.stringify(outputs).includes(server.token), false);
    });

    await test.step(`${CELLS} cells lose no output`, async () => {
      const calls = [
        'await room.plan({ model: "Qwen2.5 0.5B", gpu: "24 GiB" })',
        'await room.explain("torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has a total capacity of 79.18 GiB of which 12.00 MiB is free.")',
        'await room.notebooks()'
      ];
      let lost = 0;
      for (let index = 0; index < CELLS; index++) {
        const { outputs } = await client.run(calls[index % calls.length]);
        const isShown = outputs.some(
          ({ data }) => data['text/html'] !== undefined
        );
        lost += isShown ? 0 : 1;
      }
      strictEqual(lost, 0);
    });

    await test.step('watch() updates in place, and an interrupt ends it and not the kernel', async () => {
      await client.begin(
        'const kept = 42;\nawait room.watch({ seconds: 600, everySeconds: 0.25 })'
      );
      await untilShown(client, 3);
      await server.ask('POST', `api/kernels/${own}/interrupt`);
      const { status, outputs } = await client.end();
      strictEqual(status, 'ok');
      const kinds = outputs
        .map(({ kind }) => kind)
        .filter(kind => kind !== 'execute_result');
      deepStrictEqual(
        [...new Set(kinds)],
        ['display_data', 'update_display_data']
      );
      match(outputs[1]?.data['text/html'] ?? '', /<svg.*polyline/s);
      const after = await client.run('console.log(kept)');
      match(after.outputs[0]?.data['text/plain'] ?? '', /42/);
    });

    await test.step('an interrupt between cells is survived, too', async () => {
      await server.ask('POST', `api/kernels/${own}/interrupt`);
      const { outputs } = await client.run('console.log("alive")');
      match(outputs[0]?.data['text/plain'] ?? '', /alive/);
    });
    await client.close();
  } finally {
    await server.stop();
  }
});
