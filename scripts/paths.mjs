/** Where things lie in this checkout. Node built-ins only: imported before anything is installed. */
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '..'
);

/** The path of something in the checkout. */
export function at(...parts) {
  return path.join(root, ...parts);
}

export const venv = at('.venv');
export const python = path.join(venv, 'bin', 'python');
export const oldest = at('.cache', 'oldest');
export const results = at('.cache', 'results');

/** The path of a program of the virtual environment. */
export function venvBin(name) {
  return path.join(venv, 'bin', name);
}

/** The path of a program of the virtual environment of the oldest versions. */
export function oldestBin(name) {
  return path.join(oldest, 'bin', name);
}

/** The path of a program of an npm package. */
export function nodeBin(name) {
  return at('node_modules', '.bin', name);
}

/** The environment for children: the project's own programs are found first. */
export function environment(extra = {}) {
  const own = [path.join(venv, 'bin'), at('node_modules', '.bin')];
  return {
    ...process.env,
    PATH: [...own, process.env.PATH ?? ''].join(path.delimiter),
    VIRTUAL_ENV: venv,
    DENO_NO_UPDATE_CHECK: '1',
    ...extra
  };
}

/** The folder that a virtual environment's packages lie in. */
export async function sitePackages(environmentRoot) {
  const lib = path.join(environmentRoot, 'lib');
  const version = (await readdir(lib)).find(name => name.startsWith('python3'));
  return path.join(lib, version ?? '', 'site-packages');
}
