/**
 * Installs what building, testing and trying this project need, into this checkout only:
 * node_modules/ (npm) and .venv/ (pip). Does nothing that is done already.
 */
import { existsSync } from 'node:fs';
import { mkdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { buildIfChanged, writeVersion } from './build.mjs';
import { at, python, root, sitePackages, venv } from './paths.mjs';
import { PlainError, isMain, main, must, run } from './process.mjs';
import { hashOf, isStamped, stamp } from './stamp.mjs';

const MINIMUM_NODE = [20, 19];
const MINIMUM_PYTHON = [3, 11];
const PYTHONS = [
  'python3',
  'python3.14',
  'python3.13',
  'python3.12',
  'python3.11',
  'python'
];
const LABEXTENSION_PARTS = {
  'install.json': ['labextension', 'install.json'],
  'package.json': ['labextension', 'build', 'package.json'],
  schemas: ['labextension', 'build', 'schemas'],
  static: ['labextension', 'build', 'static']
};

function isAtLeast([major, minor], [wantedMajor, wantedMinor]) {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

/** @throws PlainError when this Node is too old. */
export function checkNode() {
  const found = process.versions.node.split('.').map(Number);
  if (!isAtLeast(found, MINIMUM_NODE)) {
    throw new PlainError(
      `Node ${MINIMUM_NODE.join('.')} or newer is needed; this is ${process.version}.`
    );
  }
  if (process.platform === 'win32') {
    throw new PlainError(
      'These scripts run on Linux and macOS. On Windows, use them inside WSL.'
    );
  }
}

async function findPython() {
  const ask = 'import sys; print(*sys.version_info[:2])';
  for (const name of process.env.PYTHON ? [process.env.PYTHON] : PYTHONS) {
    const { code, output } = await run(name, ['-c', ask], { capture: true });
    if (
      code === 0 &&
      isAtLeast(output.trim().split(' ').map(Number), MINIMUM_PYTHON)
    ) {
      return name;
    }
  }
  throw new PlainError(
    `Python ${MINIMUM_PYTHON.join('.')} or newer is needed, as python3 on PATH ` +
      '(or name its program in the variable PYTHON).'
  );
}

async function makeVenv() {
  const name = await findPython();
  await must(
    'Python was found, but without its venv and pip parts: install them ' +
      '(on Debian and Ubuntu, the package python3-venv).',
    name,
    ['-c', 'import venv, ensurepip']
  );
  console.log('Making the virtual environment .venv');
  await must('The virtual environment could not be made.', name, [
    '-m',
    'venv',
    venv
  ]);
}

/** Install requirements-dev.txt into .venv, if it has changed since the last time. */
export async function installPython() {
  const file = path.join(venv, '.stamp');
  const wanted = await hashOf(['requirements-dev.txt']);
  if (!existsSync(python) || !(await isStamped(file, wanted))) {
    if (!existsSync(python)) {
      await makeVenv();
    }
    console.log(
      'Installing Python packages into .venv (minutes, the first time)'
    );
    const { code, output } = await run(
      python,
      [
        '-m',
        'pip',
        'install',
        '--disable-pip-version-check',
        '-r',
        'requirements-dev.txt'
      ],
      { capture: !process.stdout.isTTY }
    );
    if (code !== 0) {
      throw new PlainError(
        `${output}\nThe Python packages could not be installed.`
      );
    }
    await stamp(file, wanted);
  }
  await link();
}

/** Make the checkout importable in .venv, and its built extension one of JupyterLab's there. */
async function link() {
  await writeVersion();
  const packages = await sitePackages(venv);
  await writeFile(path.join(packages, 'jupyterlab_vram.pth'), `${root}\n`);
  const folder = path.join(
    venv,
    'share',
    'jupyter',
    'labextensions',
    'jupyterlab-vram'
  );
  if (await readlink(folder).catch(() => null)) {
    await rm(folder);
  }
  await mkdir(folder, { recursive: true });
  for (const [name, parts] of Object.entries(LABEXTENSION_PARTS)) {
    await ensureLink(path.join(folder, name), at(...parts));
  }
}

async function ensureLink(file, target) {
  if ((await readlink(file).catch(() => null)) !== target) {
    await rm(file, { recursive: true, force: true });
    await symlink(target, file);
  }
}

/** Install package-lock.json into node_modules, if it has changed since the last time. */
export async function installNode() {
  const file = at('node_modules', '.stamp');
  const wanted = await hashOf(['package-lock.json']);
  if (await isStamped(file, wanted)) {
    return;
  }
  console.log('Installing npm packages into node_modules');
  const { code } = await run('npm', ['ci']);
  if (code !== 0) {
    throw new PlainError('The npm packages could not be installed.');
  }
  await stamp(file, wanted);
}

/** Everything, the built extension included. */
export async function setup() {
  checkNode();
  await installNode();
  await installPython();
  await buildIfChanged();
}

if (isMain(import.meta)) {
  await main(setup);
}
