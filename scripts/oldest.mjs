/**
 * The virtual environment of the oldest versions, .cache/oldest: requirements-oldest.txt, and
 * PyTorch as a link to that of .venv. Made again only when one of the two lists changes.
 */
import { existsSync } from 'node:fs';
import { rm, symlink } from 'node:fs/promises';
import path from 'node:path';

import { oldest, oldestBin, python, sitePackages, venv } from './paths.mjs';
import { PlainError, isMain, main, must, run } from './process.mjs';
import { installPython } from './setup.mjs';
import { hashOf, isStamped, stamp } from './stamp.mjs';

const LISTS = ['requirements-oldest.txt', 'requirements-dev.txt'];

/** PyTorch and those of its requirements that Jupyter does not bring. */
const LINKED = 'torch numpy sympy mpmath networkx filelock fsspec';

/** Prints the folders and files that packages have in `site-packages`. */
const PARTS = `
import sys
from importlib.metadata import files
parts = {each.parts[0] for name in sys.argv[1:] for each in files(name)}
print(*sorted(parts - {"..", "__pycache__"}))
`;

async function linkTorch() {
  const [from, to] = [await sitePackages(venv), await sitePackages(oldest)];
  const parts = await must('PyTorch is not in .venv.', python, [
    '-c',
    PARTS,
    ...LINKED.split(' ')
  ]);
  for (const name of parts.trim().split(' ')) {
    await symlink(path.join(from, name), path.join(to, name));
  }
}

/** Install the oldest versions, if that is not done yet. */
export async function installOldest() {
  const file = path.join(oldest, '.stamp');
  const wanted = await hashOf(LISTS);
  if (existsSync(oldestBin('python')) && (await isStamped(file, wanted))) {
    return;
  }
  await installPython();
  console.log('Installing the oldest versions into .cache/oldest');
  await rm(oldest, { recursive: true, force: true });
  await must('The virtual environment could not be made.', python, [
    '-m',
    'venv',
    oldest
  ]);
  const { code, output } = await run(
    oldestBin('python'),
    [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '-r',
      'requirements-oldest.txt'
    ],
    { capture: true }
  );
  if (code !== 0) {
    throw new PlainError(`${output}\nThe oldest versions are not to be had.`);
  }
  await linkTorch();
  await stamp(file, wanted);
}

if (isMain(import.meta)) {
  await main(installOldest);
}
