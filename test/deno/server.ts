/** A Jupyter server of a test's own, and raw conversations with its kernels. */

const ROOT = new URL('../../', import.meta.url).pathname;
const PYTHON = Deno.env.get('VRAM_TEST_PYTHON') ?? `${ROOT}.venv/bin/python`;
const START_MS = 60_000;
const CELL_MS = 60_000;

/** What one run of a cell gave before the kernel said that it was done. */
export interface ICellResult {
  readonly status: string;
  /** Text of its outputs, by kind: `stream`, `display_data`, `execute_result`, `error`. */
  readonly outputs: readonly {
    readonly kind: string;
    readonly data: IBundle;
  }[];
}

/** What a kernel sends, as far as it is looked at. */
interface IMessage {
  readonly channel: string;
  readonly header: { readonly msg_type: string };
  readonly parent_header: { readonly msg_id?: string } | null;
  readonly content: {
    readonly status: string;
    readonly execution_state: string;
    readonly data?: IBundle;
    readonly text?: string;
    readonly evalue?: string;
  };
}

/** What the server says of a kernel. */
export interface IKernelModel {
  readonly execution_state: string;
  readonly last_activity: string;
  readonly connections: number;
}

type IBundle = Readonly<Record<string, string>>;

/** A server with folders of its own; kernels have the practice device on. */
export class Server {
  private constructor(
    readonly url: string,
    readonly token: string,
    readonly folder: string,
    private readonly _process: Deno.ChildProcess
  ) {}

  static async start(token = 'deno-tests'): Promise<Server> {
    const folder = await Deno.makeTempDir({ prefix: 'vram-deno-' });
    await Deno.mkdir(`${folder}/notebooks`);
    await writeKernels(`${folder}/data/kernels`);
    const port = freePort();
    const process = new Deno.Command(PYTHON, {
      args: [
        ...['-m', 'jupyter_server', '--no-browser', '--ip=127.0.0.1'],
        ...(Deno.uid() === 0 ? ['--allow-root'] : []),
        ...[`--port=${port}`, '--ServerApp.port_retries=0'],
        `--ServerApp.root_dir=${folder}/notebooks`,
        `--IdentityProvider.token=${token}`
      ],
      env: environment(folder),
      ...{ stdin: 'null', stdout: 'null', stderr: 'null' }
    }).spawn();
    const server = new Server(
      `http://127.0.0.1:${port}/`,
      token,
      folder,
      process
    );
    await server._untilReady();
    return server;
  }

  /** Its number, by which a notebook of its finds it. */
  get pid(): number {
    return this._process.pid;
  }

  async stop(): Promise<void> {
    await Promise.all([...this._fronts.values()].map(front => front.close()));
    this._process.kill('SIGTERM');
    await this._process.status;
    await Deno.remove(this.folder, { recursive: true });
  }

  /** Open a notebook on a kernel that is ready, in a front end that stays; returns the kernel's id. */
  async open(path: string, kernel = 'python3'): Promise<string> {
    const body = {
      path,
      name: path,
      type: 'notebook',
      kernel: { name: kernel }
    };
    const session = await this.ask('POST', 'api/sessions', body);
    const kernelId = (session as { kernel: { id: string } }).kernel.id;
    const front = await this.connect(kernelId);
    this._fronts.set(kernelId, front);
    await front.run(kernel === 'python3' ? 'pass' : '0');
    return kernelId;
  }

  /** The front end that opened a notebook goes offline. */
  async goOffline(kernelId: string): Promise<void> {
    await this._fronts.get(kernelId)?.close();
    this._fronts.delete(kernelId);
    await this.until(kernelId, ({ connections }) => connections === 0);
  }

  /** Wait until the server says `isSo` of a kernel. */
  async until(
    kernelId: string,
    isSo: (kernel: IKernelModel) => boolean
  ): Promise<void> {
    const deadline = Date.now() + CELL_MS;
    while (
      !isSo((await this.ask('GET', `api/kernels/${kernelId}`)) as IKernelModel)
    ) {
      if (Date.now() > deadline) {
        throw new Error('The server never said so');
      }
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }

  async shutDown(kernelId: string): Promise<void> {
    await this.ask('DELETE', `api/kernels/${kernelId}`);
  }

  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(this.url + path, {
      method,
      headers: { Authorization: `token ${this.token}` },
      body: body === undefined ? undefined : JSON.stringify(body)
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text === '' ? null : JSON.parse(text);
  }

  /** Run one cell as JupyterLab does, and hang up. */
  async run(kernelId: string, code: string): Promise<ICellResult> {
    const client = await this.connect(kernelId);
    try {
      return await client.run(code);
    } finally {
      await client.close();
    }
  }

  /** Begin a cell that goes on; resolved when it runs. */
  async begin(kernelId: string, code: string): Promise<Client> {
    const client = await this.connect(kernelId);
    await client.begin(code);
    return client;
  }

  /** @param session - who connects; the same one gets what was kept meanwhile */
  async connect(
    kernelId: string,
    session: string = crypto.randomUUID()
  ): Promise<Client> {
    const address = `${this.url.replace('http', 'ws')}api/kernels/${kernelId}/channels?session_id=${session}&token=${this.token}`;
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    return new Client(socket, session);
  }

  private async _untilReady(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      try {
        await this.ask('GET', 'api/status');
        return;
      } catch {
        await new Promise(resolve => setTimeout(resolve, 100));
      }
    }
    throw new Error('The server did not start');
  }

  private readonly _fronts = new Map<string, Client>();
}

/** A front end that stops to listen when the kernel says that a cell is over. */
export class Client {
  constructor(
    private readonly _socket: WebSocket,
    private readonly _session: string
  ) {
    _socket.onmessage = event => this._onMessage(JSON.parse(event.data));
  }

  /** All that was printed to this front end, whoever's cell it was. */
  printed = '';

  /** Send a cell, and wait until it runs. */
  begin(code: string): Promise<void> {
    this._send(code);
    return new Promise(resolve => (this._onBusy = resolve));
  }

  /** The end of the cell that `begin` began. */
  end(): Promise<ICellResult> {
    const waiting = new Promise<ICellResult>((resolve, reject) => {
      const late = () => reject(new Error('The cell did not end'));
      const timer = setTimeout(late, CELL_MS);
      this._onEnd = result => {
        clearTimeout(timer);
        resolve(result);
      };
    });
    this._settle();
    return waiting;
  }

  run(code: string): Promise<ICellResult> {
    this._send(code);
    return this.end();
  }

  /** How many outputs there are so far. */
  get outputCount(): number {
    return this._outputs.length;
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      if (this._socket.readyState === WebSocket.CLOSED) {
        resolve();
      }
      this._socket.onclose = () => resolve();
      this._socket.close();
    });
  }

  private _send(code: string): void {
    this._id = crypto.randomUUID();
    this._outputs = [];
    this._status = null;
    this._isOver = false;
    this._socket.send(
      JSON.stringify({
        channel: 'shell',
        header: {
          msg_id: this._id,
          msg_type: 'execute_request',
          session: this._session,
          username: '',
          version: '5.4',
          date: new Date().toISOString()
        },
        parent_header: {},
        metadata: {},
        content: {
          code,
          silent: false,
          store_history: true,
          allow_stdin: false
        },
        buffers: []
      })
    );
  }

  private _onMessage(message: IMessage): void {
    this.printed += message.content.text ?? '';
    if (message.parent_header?.msg_id !== this._id) {
      return;
    }
    const { content } = message;
    const kind = message.header.msg_type;
    if (kind === 'execute_reply') {
      this._status = content.status;
    } else if (kind === 'status' && content.execution_state === 'busy') {
      this._onBusy();
    } else if (kind === 'status' && content.execution_state === 'idle') {
      this._isOver = true;
    } else if (
      message.channel === 'iopub' &&
      !this._isOver &&
      kind !== 'execute_input'
    ) {
      const data = content.data ?? {
        'text/plain': content.text ?? content.evalue ?? ''
      };
      this._outputs.push({ kind, data });
    }
    this._settle();
  }

  private _settle(): void {
    if (this._isOver && this._status !== null) {
      this._onEnd({ status: this._status, outputs: [...this._outputs] });
    }
  }

  private _id = '';
  private _status: string | null = null;
  private _isOver = false;
  private _outputs: { kind: string; data: IBundle }[] = [];
  private _onBusy: () => void = () => undefined;
  private _onEnd: (result: ICellResult) => void = () => undefined;
}

/** The room kernel, on the Deno that runs this test or the one that is named. */
async function writeKernels(folder: string): Promise<void> {
  const deno = Deno.env.get('VRAM_TEST_DENO') || Deno.execPath();
  await Deno.mkdir(`${folder}/room`, { recursive: true });
  // The server runs `python` as its own Python.
  const spec = {
    ...JSON.parse(await Deno.readTextFile(`${ROOT}kernelspec/kernel.json`)),
    env: { JUPYTERLAB_VRAM_DENO: deno }
  };
  await Deno.writeTextFile(`${folder}/room/kernel.json`, JSON.stringify(spec));
}

/** Folders of the test's own, for the server and whoever looks for it. */
export function environment(folder: string): Record<string, string> {
  return {
    // A test may put a driver of its own there.
    PATH: `${folder}/driver:${Deno.env.get('PATH') ?? ''}`,
    JUPYTERLAB_VRAM_PRACTICE: '1',
    JUPYTER_CONFIG_DIR: `${folder}/config`,
    JUPYTER_DATA_DIR: `${folder}/data`,
    JUPYTER_PATH: `${folder}/data`,
    JUPYTER_RUNTIME_DIR: `${folder}/runtime`,
    IPYTHONDIR: `${folder}/ipython`,
    PYTHONPATH: ROOT,
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONWARNINGS: 'ignore',
    DENO_NO_UPDATE_CHECK: '1'
  };
}

function freePort(): number {
  const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}
