import { deepStrictEqual, match, strictEqual } from 'node:assert';

import type { ICellResult } from './server.ts';
import { Server } from './server.ts';

const ROOM = new URL('../../lib/room/room.mjs', import.meta.url).href;
const ROOT = new URL('../../', import.meta.url).pathname;
const GUIDE = await Deno.readTextFile(`${ROOT}docs/guide/control-room.md`);
const NAMES = 'import { formatBytes, room, RoomError } from';
const IMPORTS = { imports: { 'npm:jupyterlab-vram/deno': ROOM } };

interface IBlock {
  readonly section: string;
  readonly code: string;
}

/** What each block shows, in the order of the guide; the first line says which it is. */
const SHOWN: readonly (readonly [string, RegExp])[] = [
  ['const { formatBytes, room, RoomError }', /^$/],
  ['await room.show();', /train\.ipynb: 3[2-5]\d MiB[^]*notebook +state/],
  [
    'const { gpus, notebooks, processes }',
    /^Practice device [\d.]+ GiB \[ \{ path: "train\.ipynb", bytes: 3\d+, ageMs: null \} \]\n1 (null|train\.ipynb) .*nvidia/
  ],
  [
    '// What runs; asks the server alone',
    /\[ "guide\.ipynb: (idle|busy)", "train\.ipynb: idle" \]\ntrain\.ipynb 3\d{8} undefined\n\[\]\n$/
  ],
  [
    'const samples = await room.watch',
    /Reserved memory over \d s, up to 3\d\d MiB[^]*train\.ipynb +idle +3\d\d MiB[^]*\{ "train\.ipynb": 3\d{8} \} \{\}\n$/
  ],
  [
    'const { holders } = await room.holders',
    /^\[[^]*\[ "w", 2684\d{5}, "del w" \][^]*practice: gave back 6\d(\.\d)? MiB/
  ],
  ['const error = `torch.OutOfMemoryError', /2\.00 GiB[^]*text:/],
  ['const plan = await room.plan', /^bf16\n$/],
  ['try {', /^not-stoppable\n$/],
  ['const rows = await room.readings', /^\[ "fine" \]\n$/]
];

function blocks(): IBlock[] {
  return GUIDE.split(/^## /m).flatMap(section =>
    [...section.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code]) => ({
      section: section.split('\n')[0],
      code
    }))
  );
}

function isOfScript({ section }: IBlock): boolean {
  return section === 'In a script';
}

function textOf({ outputs }: ICellResult): string {
  return outputs.map(({ data }) => data['text/plain'] ?? '').join('');
}

async function deno(
  args: readonly string[],
  env: Record<string, string> = {}
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', ...env }
  }).output();
  const decoder = new TextDecoder();
  const printed = decoder.decode(stdout);
  strictEqual(code, 0, printed + decoder.decode(stderr));
  return printed;
}

Deno.test('the guide', async test => {
  const server = await Server.start();
  const folder = await Deno.makeTempDir();
  const map = `--import-map=data:application/json,${JSON.stringify(IMPORTS)}`;
  try {
    const train = await server.open('train.ipynb');
    await server.run(train, 'import torch\nw = torch.zeros(64 << 20)');
    await server.run(train, 'torch.ones(16 << 20)');
    const cells = blocks().filter(block => !isOfScript(block));
    const guide = await server.open('guide.ipynb', 'room');

    await test.step('every cell shows in the kernel of the room what it says', async () => {
      deepStrictEqual(
        cells.map(({ code }, index) => code.startsWith(SHOWN[index]?.[0])),
        SHOWN.map(() => true)
      );
      const wrong: string[] = [];
      const run = async (
        code: string
      ): Promise<{ status: string; text: string }> => {
        const result = await server.run(guide, code);
        return { status: result.status, text: textOf(result) };
      };
      for (const [index, { code }] of cells.entries()) {
        const [, shown] = SHOWN[index];
        let { status, text } = await run(code);
        // Deno's kernel may lose what a cell prints last; the guide says so.
        for (let tries = 1; tries < 4 && !shown.test(text); tries++) {
          ({ status, text } = await run(code));
        }
        const isRight = status === 'ok' && shown.test(text);
        wrong.push(...(isRight ? [] : [`${code}:\n${text}`]));
      }
      strictEqual(wrong.join('\n'), '');
    });

    await test.step('every cell has sound types', async () => {
      const scopes = cells.map(({ code }, index) =>
        index === 0 ? '' : `{\n${code}}\n`
      );
      const file = `${folder}/cells.ts`;
      await Deno.writeTextFile(
        file,
        [`${NAMES} '${ROOM}';`, ...scopes].join('\n')
      );
      await deno(['check', '--no-config', '--no-lock', file]);
    });

    await test.step('every script runs with the permissions of the table', async () => {
      for (const { code } of blocks().filter(isOfScript)) {
        const file = `${folder}/script.ts`;
        await Deno.writeTextFile(file, code);
        const printed = await deno(
          [
            ...['run', '--check', '--no-config', '--no-lock', '--no-prompt'],
            ...[map, '--allow-env', `--allow-net=${new URL(server.url).host}`],
            ...['--allow-run=nvidia-smi,ps'],
            ...[`--allow-read=${server.folder}/runtime`, file]
          ],
          { JUPYTER_RUNTIME_DIR: `${server.folder}/runtime` }
        );
        match(printed, /path: "train\.ipynb"/);
      }
    });

    await test.step('with its deno.json, cells can import by name', async () => {
      const python =
        Deno.env.get('VRAM_TEST_PYTHON') ?? `${ROOT}.venv/bin/python`;
      const { stdout } = await new Deno.Command(python, {
        args: ['-m', 'jupyterlab_vram.deno_kernel', '--config'],
        cwd: ROOT
      }).output();
      await Deno.mkdir(`${server.folder}/notebooks/typed`);
      await Deno.writeFile(
        `${server.folder}/notebooks/typed/deno.json`,
        stdout
      );
      const typed = await server.open('typed/room.ipynb', 'room');
      const result = await server.run(
        typed,
        "import { formatBytes, room } from 'npm:jupyterlab-vram/deno';\nawait room.notebooks();\nconsole.log(formatBytes(1024));"
      );
      match(textOf(result), /1\.0 KiB/);
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
    await server.stop();
  }
});
