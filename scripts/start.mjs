/**
 * Opens JupyterLab on the demo notebook, everything that it needs installed first.
 *
 * What follows `--` goes to `jupyter lab`: `npm start -- --no-browser` prints the address only.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';

import { at, environment, python } from './paths.mjs';
import { main, run } from './process.mjs';
import { setup } from './setup.mjs';

const NOTEBOOK = 'gpu_memory_tour.ipynb';
const USUAL_PORT = 8888;
const HAS_GPU = `
import sys, torch
sys.exit(not (torch.cuda.is_available() or torch.backends.mps.is_available()
              or torch.xpu.is_available()))
`;

/** A TCP port that is free on this machine: the wanted one if it can be had. */
async function freePort(wanted) {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  } catch {
    return freePort(0);
  } finally {
    server.close();
  }
}

async function practiceEnvironment() {
  const { code } = await run(python, ['-c', HAS_GPU], { capture: true });
  if (code === 0) {
    return {};
  }
  console.log(
    'No GPU that torch can use: the practice device stands in for one.'
  );
  return { JUPYTERLAB_VRAM_PRACTICE: '1' };
}

/** The folder that the server shows, with a copy of the demo: running it changes it. */
async function desk() {
  const folder = at('.cache', 'start');
  await mkdir(folder, { recursive: true });
  const source = at('examples', NOTEBOOK);
  const copy = path.join(folder, NOTEBOOK);
  const changedMs = async file =>
    (await stat(file).catch(() => null))?.mtimeMs ?? 0;
  if ((await changedMs(source)) > (await changedMs(copy))) {
    await copyFile(source, copy);
  }
  return folder;
}

async function start() {
  await setup();
  const folder = await desk();
  const env = await practiceEnvironment();
  const asked = process.argv.slice(2);
  const port = asked.some(argument => argument.startsWith('--port'))
    ? []
    : [`--port=${await freePort(USUAL_PORT)}`];
  const server = spawn(
    python,
    [
      '-m',
      'jupyter',
      'lab',
      NOTEBOOK,
      `--ServerApp.root_dir=${folder}`,
      // One Ctrl+C ends the server and its kernels, without a question.
      '--ServerApp.answer_yes=True',
      ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
      ...port,
      ...asked
    ],
    { cwd: folder, env: environment(env), stdio: 'inherit' }
  );
  // The terminal sends Ctrl+C to the server too; wait for it to end by itself.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  const [code] = await once(server, 'exit');
  process.exitCode = code ?? 0;
}

await main(start);
