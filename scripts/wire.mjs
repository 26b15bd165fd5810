/**
 * Writes both sides of the wire format from its one definition, src/core/wire/wire.json.
 *
 * `node scripts/wire.mjs` writes src/core/wire/generated.ts, and wire.py and wire_types.py in jupyterlab_vram;
 * `--check` only says whether they are what the definition makes of them.
 */
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';

import prettier from 'prettier';

import { at, venvBin } from './paths.mjs';
import { PlainError, isMain, main } from './process.mjs';
import { checkWire } from './wire/model.mjs';
import { pythonConstants, pythonTypes } from './wire/python.mjs';
import { toTypeScript } from './wire/typescript.mjs';

const DEFINITION = at('src', 'core', 'wire', 'wire.json');
const TYPESCRIPT = at('src', 'core', 'wire', 'generated.ts');
const PYTHON = at('jupyterlab_vram', 'wire.py');
const PYTHON_TYPES = at('jupyterlab_vram', 'wire_types.py');

/** What the definition makes of each file, by path. */
async function generated() {
  const wire = JSON.parse(await readFile(DEFINITION, 'utf8'));
  checkWire(wire);
  const options = await prettier.resolveConfig(TYPESCRIPT);
  return new Map([
    [
      TYPESCRIPT,
      await prettier.format(toTypeScript(wire), {
        ...options,
        filepath: TYPESCRIPT
      })
    ],
    [PYTHON, formatted(PYTHON, pythonConstants(wire))],
    [PYTHON_TYPES, formatted(PYTHON_TYPES, pythonTypes(wire))]
  ]);
}

/** Python as ruff formats it. */
function formatted(file, text) {
  const { status, stdout, stderr } = spawnSync(
    venvBin('ruff'),
    ['format', '--stdin-filename', file, '-'],
    { cwd: at(), input: text, encoding: 'utf8' }
  );
  if (status !== 0) {
    throw new PlainError(`ruff could not format ${file}: ${stderr ?? ''}`);
  }
  return stdout;
}

async function writeAll(files) {
  for (const [file, text] of files) {
    await writeFile(file, text);
  }
}

async function checkAll(files) {
  for (const [file, text] of files) {
    if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
      throw new PlainError(
        `${file} is not what ${DEFINITION} makes of it: run \`node scripts/wire.mjs\`.`
      );
    }
  }
}

if (isMain(import.meta)) {
  await main(async () => {
    const files = await generated();
    await (process.argv.includes('--check')
      ? checkAll(files)
      : writeAll(files));
  });
}
