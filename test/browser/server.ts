import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { FakeDriver } from './driver';
import { writeKernels } from './kernels';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const START_MS = 60_000;
const STOP_MS = 20_000;

/** What a test needs to know of the server; it can be passed between processes. */
export interface IServerAddress {
  /** Ends with a slash. */
  readonly url: string;
  readonly token: string;
  /** The folder that the server shows. */
  readonly folder: string;
  /** The folder of the `FakeDriver`. */
  readonly driver: string;
}

/** A JupyterLab server with folders of its own, and this checkout's extension. */
export class Server {
  private constructor(
    readonly address: IServerAddress,
    private readonly _base: string,
    private readonly _process: ChildProcess
  ) {}

  /**
   * Start a server and wait until it answers.
   *
   * @param options - for the command line, besides the usual
   *
   * @throws Error if it does not, with what it printed
   */
  static async start(options: readonly string[] = []): Promise<Server> {
    const python = findPython();
    const base = await mkdtemp(path.join(os.tmpdir(), 'vram-browser-'));
    await fill(base, python);
    const port = await freePort();
    const token = 'browser-tests';
    const child = spawn(
      python,
      [...serverArguments(base, port, token), ...options],
      {
        cwd: base,
        env: { ...process.env, ...serverEnvironment(base) },
        stdio: ['ignore', 'pipe', 'pipe']
      }
    );
    const address = {
      url: `http://127.0.0.1:${port}/`,
      token,
      folder: path.join(base, 'notebooks'),
      driver: path.join(base, 'driver')
    };
    await untilReady(child, address);
    return new Server(address, base, child);
  }

  /** Stop the server and its kernels, and remove its folders. */
  async stop(): Promise<void> {
    const gone = once(this._process, 'exit');
    this._process.kill('SIGTERM');
    const impatience = setTimeout(() => this._process.kill('SIGKILL'), STOP_MS);
    await gone;
    clearTimeout(impatience);
    await rm(this._base, { recursive: true, force: true });
  }
}

/** The Python that the tests run on. */
function findPython(): string {
  const named = process.env.VRAM_TEST_PYTHON;
  if (named) {
    return named;
  }
  const own = path.join(ROOT, '.venv', 'bin', 'python');
  if (!existsSync(own)) {
    throw new Error(
      'There is no .venv yet: run `npm run setup`, or name a Python that has ' +
        'jupyterlab, notebook, ipykernel and torch in VRAM_TEST_PYTHON.'
    );
  }
  return own;
}

/** Settings, kernels and the built extension, all in folders of this run. */
async function fill(base: string, python: string): Promise<void> {
  const built = path.join(ROOT, 'labextension', 'build');
  if (!existsSync(path.join(built, 'package.json'))) {
    throw new Error('The extension is not built yet: run `npm run build`.');
  }
  const extension = path.join(base, 'data', 'labextensions', 'jupyterlab-vram');
  await cp(built, extension, { recursive: true });
  await mkdir(path.join(base, 'notebooks'));
  await new FakeDriver(path.join(base, 'driver')).install();
  await writeKernels(path.join(base, 'data', 'kernels'), python);
  const folder = path.join(
    base,
    'settings',
    '@jupyterlab',
    'apputils-extension'
  );
  await mkdir(folder, { recursive: true });
  await writeFile(
    path.join(folder, 'notification.jupyterlab-settings'),
    JSON.stringify({ fetchNews: 'false', checkForUpdates: false })
  );
}

function serverArguments(base: string, port: number, token: string): string[] {
  return [
    ...['-m', 'jupyterlab', '--no-browser', '--ip=127.0.0.1'],
    ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
    `--port=${port}`,
    '--ServerApp.port_retries=0',
    // A Python that has loaded torch takes seconds to end by itself.
    '--KernelManager.shutdown_wait_time=1',
    `--ServerApp.root_dir=${path.join(base, 'notebooks')}`,
    `--IdentityProvider.token=${token}`,
    '--LabApp.expose_app_in_browser=True',
    '--LabApp.news_url=',
    '--JupyterNotebookApp.expose_app_in_browser=True'
  ];
}

function serverEnvironment(base: string): Record<string, string> {
  return {
    PATH: `${path.join(base, 'driver')}:${process.env.PATH ?? ''}`,
    JUPYTERLAB_VRAM_PRACTICE: '1',
    JUPYTER_CONFIG_DIR: path.join(base, 'config'),
    JUPYTER_DATA_DIR: path.join(base, 'data'),
    // Before the Python's own folders: the extension under test is this checkout's.
    JUPYTER_PATH: path.join(base, 'data'),
    JUPYTER_RUNTIME_DIR: path.join(base, 'runtime'),
    IPYTHONDIR: path.join(base, 'ipython'),
    JUPYTERLAB_SETTINGS_DIR: path.join(base, 'settings'),
    JUPYTERLAB_WORKSPACES_DIR: path.join(base, 'workspaces'),
    PYTHONPATH: ROOT,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore'
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function untilReady(
  child: ChildProcess,
  { url, token }: IServerAddress
): Promise<void> {
  let printed = '';
  const note = (chunk: Buffer): void => {
    printed = (printed + chunk.toString()).slice(-4000);
  };
  child.stdout?.on('data', note);
  child.stderr?.on('data', note);
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const headers = { Authorization: `token ${token}` };
    const answer = await fetch(`${url}api/status`, { headers }).catch(
      () => null
    );
    if (answer?.ok) {
      return;
    }
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  child.kill('SIGKILL');
  throw new Error(`JupyterLab did not start:\n${printed}`);
}
