/**
 * Packs the built extension into a wheel, installs that into an environment of its own, and
 * checks that JupyterLab lists it there as enabled and OK.
 *
 * The environment sees the packages of .venv, but not the checkout.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { at, python, root, sitePackages, venv } from './paths.mjs';
import { PlainError, isMain, main, must } from './process.mjs';

const folder = at('.cache', 'wheel');
const PARTS = [
  /^jupyterlab_vram\/__init__\.py$/m,
  /^jupyterlab_vram\/_version\.py$/m,
  /^jupyterlab_vram\/py\.typed$/m,
  /labextensions\/jupyterlab-vram\/install\.json$/m,
  /labextensions\/jupyterlab-vram\/package\.json$/m,
  /labextensions\/jupyterlab-vram\/schemas\/jupyterlab-vram\/\w+\.json$/m,
  /labextensions\/jupyterlab-vram\/static\/remoteEntry\.\w+\.js$/m,
  /labextensions\/jupyterlab-vram\/static\/\w+\.\w+\.css$/m,
  /labextensions\/jupyterlab-vram\/static\/agent\/agent\.\w+\.json$/m,
  /labextensions\/jupyterlab-vram\/static\/style\.js$/m,
  /share\/jupyter\/kernels\/vram-room\/kernel\.json$/m,
  /share\/jupyter\/kernels\/vram-room\/logo-svg\.svg$/m,
  /share\/jupyter\/jupyterlab-vram\/room\/room\.mjs$/m,
  /share\/jupyter\/jupyterlab-vram\/room\/types\/deno\/index\.d\.ts$/m
];

async function pack() {
  const env = { HATCH_JUPYTER_BUILDER_SKIP_NPM: '1' };
  await must(
    'The wheel could not be packed.',
    python,
    [
      '-m',
      'pip',
      'wheel',
      root,
      '--no-deps',
      '--no-build-isolation',
      '-w',
      folder
    ],
    { env }
  );
  const name = (await readdir(folder)).find(file => file.endsWith('.whl'));
  return path.join(folder, name ?? '');
}

async function checkParts(wheel) {
  const listing = await must('The wheel could not be read.', python, [
    '-c',
    'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\\n")',
    wheel
  ]);
  const missing = PARTS.filter(part => !part.test(listing));
  if (missing.length > 0 || /\.map$/m.test(listing)) {
    const what =
      missing.length > 0 ? `lacks ${missing.join(', ')}` : 'has source maps';
    throw new PlainError(`The wheel ${what}:\n${listing}`);
  }
}

async function install(wheel) {
  const clean = path.join(folder, 'venv');
  const itsPython = path.join(clean, 'bin', 'python');
  await must('No environment could be made.', python, [
    '-m',
    'venv',
    '--without-pip',
    clean
  ]);
  await writeFile(
    path.join(await sitePackages(clean), 'borrowed.pth'),
    `${await sitePackages(venv)}\n`
  );
  await must('The wheel could not be installed.', python, [
    '-m',
    'pip',
    '--python',
    itsPython,
    'install',
    '--no-deps',
    '--force-reinstall',
    wheel
  ]);
  return itsPython;
}

/** @throws PlainError when the wheel lacks a part or JupyterLab does not take it. */
async function checkWheel() {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const wheel = await pack();
  await checkParts(wheel);
  const itsPython = await install(wheel);
  const list = await must(
    'JupyterLab could not list its extensions.',
    itsPython,
    ['-c', 'from jupyterlab.labextensions import main; main(["list"])'],
    { cwd: folder }
  );
  if (
    !/jupyterlab-vram v\S+.*enabled.*OK.*\(python, jupyterlab-vram\)/.test(list)
  ) {
    throw new PlainError(
      `JupyterLab does not list the extension as enabled and OK:\n${list}`
    );
  }
  console.log(`${path.basename(wheel)}: enabled, OK`);
}

if (isMain(import.meta)) {
  await main(checkWheel);
}
