/** Removes what was built and cached; with `--all`, what was installed too. */
import { rm } from 'node:fs/promises';

import { at } from './paths.mjs';
import { isMain, main } from './process.mjs';

const BUILT = [
  '.cache',
  'lib',
  'labextension/build',
  'jupyterlab_vram/_version.py',
  'dist',
  'node_modules/.cache'
];
const INSTALLED = ['.venv', 'node_modules'];

if (isMain(import.meta)) {
  await main(async () => {
    const all = process.argv.includes('--all');
    for (const name of all ? [...BUILT, ...INSTALLED] : BUILT) {
      await rm(at(name), { recursive: true, force: true });
    }
  });
}
