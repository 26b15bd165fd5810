import { deepStrictEqual, match, strictEqual } from 'node:assert';

import type { ICellResult } from './server.ts';
import { Server } from './server.ts';

const ROOM = new URL('../../lib/room/room.mjs', import.meta.url).href;
const EXAMPLES = new URL('../../examples/', import.meta.url);

interface ICell {
  readonly id: string;
  readonly cell_type: string;
  readonly source: readonly string[];
}

/** What each cell of the example must show, as text. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  show: /train\.ipynb: 3[2-5]\d MiB[^]*notebook +state +allocated/,
  readings: /train\.ipynb +idle +3[2-5]\d MiB/,
  watch: /Reserved memory over \d s[^]*train\.ipynb/,
  holders: /w +variable +256 MiB +del w/,
  clear: /practice: gave back 6\d(\.\d)? MiB/,
  explain: /^1\. /m,
  plan: /bf16 +\d\d\.\d GiB +best that fits/,
  processes: /nvidia/i
};

function textOf({ outputs }: ICellResult): string {
  return outputs.map(({ data }) => data['text/plain'] ?? '').join('\n');
}

/** A notebook with 256 MiB in a variable. */
async function train(server: Server): Promise<string> {
  const kernelId = await server.open('train.ipynb');
  await server.run(kernelId, 'import torch\nw = torch.zeros(64 << 20)');
  return kernelId;
}

/** 64 MiB more, in an output. */
async function putOut(server: Server, kernelId: string): Promise<void> {
  await server.run(kernelId, 'torch.ones(16 << 20)');
}

async function watchdog(server: Server, ...more: string[]): Promise<string> {
  const imports = { imports: { 'npm:jupyterlab-vram/deno': ROOM } };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...['run', '--no-config', '--no-prompt', '--allow-env=JUPYTER_TOKEN'],
      ...[`--allow-net=${new URL(server.url).host}`, '--check'],
      `--import-map=data:application/json,${JSON.stringify(imports)}`,
      ...[new URL('watchdog.ts', EXAMPLES).href, '--url', server.url],
      ...['--once', '--mib', '100', ...more]
    ],
    env: { JUPYTER_TOKEN: server.token, DENO_NO_UPDATE_CHECK: '1' }
  }).output();
  const decoder = new TextDecoder();
  const printed = decoder.decode(stdout);
  strictEqual(code, 0, printed + decoder.decode(stderr));
  return printed;
}

Deno.test('the examples', async test => {
  const server = await Server.start();
  try {
    const kernelId = await train(server);

    await test.step('the notebook shows what it says', async () => {
      const text = await Deno.readTextFile(new URL('room.ipynb', EXAMPLES));
      const cells = (JSON.parse(text).cells as ICell[]).filter(
        ({ cell_type }) => cell_type === 'code'
      );
      deepStrictEqual(
        cells.map(({ id }) => id).filter(id => !(id in SHOWN)),
        ['import']
      );
      await putOut(server, kernelId);
      const room = await server.open('room.ipynb', 'room');
      for (const { id, source } of cells) {
        const result = await server.run(room, source.join(''));
        strictEqual(result.status, 'ok', `${id}: ${textOf(result)}`);
        match(textOf(result), SHOWN[id] ?? /^$/, id);
      }
    });

    await test.step('the watchdog warns, and clears where it may, with the least permissions', async () => {
      await putOut(server, kernelId);
      strictEqual(await watchdog(server, '--minutes', '60'), '');
      match(
        await watchdog(server, '--minutes', '0'),
        /^train\.ipynb idles and holds 3\d\d MiB\n$/
      );
      match(
        await watchdog(
          server,
          '--minutes',
          '0',
          '--clear',
          '--release',
          'outputs'
        ),
        /^train\.ipynb idles and holds 3\d\d MiB\ntrain\.ipynb holds 2\d\d MiB now\n$/
      );
      const kept = await server.run(kernelId, 'len(w)');
      match(textOf(kept), /67108864/);
    });
  } finally {
    await server.stop();
  }
});
