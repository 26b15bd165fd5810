/** Stamps: doing again only what has changed. Node built-ins only. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { at, root } from './paths.mjs';

async function filesUnder(absolute) {
  const info = await stat(absolute).catch(() => null);
  if (info === null) {
    return [];
  }
  if (info.isFile()) {
    return [absolute];
  }
  const entries = await readdir(absolute, {
    recursive: true,
    withFileTypes: true
  });
  return entries
    .filter(
      entry => entry.isFile() && !entry.parentPath.includes('__pycache__')
    )
    .map(entry => path.join(entry.parentPath, entry.name))
    .sort();
}

/** A hash of the names and contents of files and folders, given relative to the root. */
export async function hashOf(names, salt = '') {
  const hash = createHash('sha256').update(salt);
  for (const name of names) {
    for (const file of await filesUnder(at(name))) {
      hash.update(path.relative(root, file)).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

/** Whether the stamp in `file` is `value`. */
export async function isStamped(file, value) {
  return (await readFile(file, 'utf8').catch(() => '')) === value;
}

/** Remember `value` in `file`. */
export async function stamp(file, value) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, value);
}
