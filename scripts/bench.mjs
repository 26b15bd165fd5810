/**
 * Prints the figures that the project promises: every program in test/bench, in turn, then what needs
 * a server and a browser (its `*.spec.ts`, which vitest runs).
 *
 * `node scripts/bench.mjs [name]...` runs only those whose file name contains one of the names.
 */
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { chromium } from './chromium.mjs';
import { at, python } from './paths.mjs';
import { PlainError, isMain, main, run } from './process.mjs';
import { setup } from './setup.mjs';
import { printSize } from './size.mjs';

const INTERPRETERS = { '.mjs': process.execPath, '.py': python };

async function programs(names) {
  const files = await readdir(at('test', 'bench')).catch(() => []);
  return files
    .filter(file => path.extname(file) in INTERPRETERS && !file.startsWith('_'))
    .filter(
      file => names.length === 0 || names.some(name => file.includes(name))
    )
    .sort();
}

async function bench() {
  await setup();
  const env = { PYTHON: python, CHROMIUM: await chromium() };
  const failures = [];
  console.log('\n== size');
  await printSize().catch(error => {
    console.error(error.message);
    failures.push('size');
  });
  for (const file of await programs(process.argv.slice(2))) {
    console.log(`\n== ${path.parse(file).name}`);
    const { code } = await run(
      INTERPRETERS[path.extname(file)],
      [at('test', 'bench', file)],
      { env }
    );
    if (code !== 0) {
      failures.push(file);
    }
  }
  console.log('\n== in JupyterLab');
  const runner = at('node_modules', 'vitest', 'vitest.mjs');
  const specs = process.argv.slice(2);
  const options = ['run', '--config', at('vitest.bench.config.mts')];
  const { code } = await run(process.execPath, [runner, ...options, ...specs], {
    env
  });
  if (code !== 0) {
    failures.push('in JupyterLab');
  }
  if (failures.length > 0) {
    throw new PlainError(`Failed: ${failures.join(', ')}`);
  }
}

if (isMain(import.meta)) {
  await main(bench);
}
