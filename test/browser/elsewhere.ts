import type { Browser, JSHandle, Page } from 'playwright-core';
import { serverHere } from './here';

interface IFrontEnd {
  printed: string;
  socket: WebSocket | null;
}

/** A front end in another browser, such as one on a laptop that goes to sleep. */
export class Elsewhere {
  private constructor(
    readonly kernelId: string,
    private readonly _page: Page,
    private readonly _frontEnd: JSHandle<IFrontEnd>
  ) {}

  /** Start a kernel and connect to it. */
  static async withKernel(browser: Browser): Promise<Elsewhere> {
    const { url } = serverHere();
    const { id } = (await (await ask('api/kernels', 'POST')).json()) as {
      id: string;
    };
    const context = await browser.newContext();
    const page = await context.newPage();
    // Any page of the server will do that may open sockets.
    await page.goto(`${url}login`);
    const frontEnd = await page.evaluateHandle((): IFrontEnd => ({
      printed: '',
      socket: null
    }));
    const found = new Elsewhere(id, page, frontEnd);
    await found.connect();
    return found;
  }

  /** What cells printed, as far as this front end heard of it. */
  async printed(): Promise<string> {
    return this._frontEnd.evaluate(({ printed }) => printed);
  }

  /** Connect, or connect again after `leave`, as the same front end. */
  async connect(): Promise<void> {
    const { url, token } = serverHere();
    const channels = `api/kernels/${this.kernelId}/channels`;
    const address = `${url.replace('http', 'ws')}${channels}?session_id=elsewhere&token=${token}`;
    await this._frontEnd.evaluate(async (frontEnd, to) => {
      const socket = new WebSocket(to);
      frontEnd.socket = socket;
      socket.addEventListener('message', ({ data }) => {
        const message = JSON.parse(String(data)) as {
          header: { msg_type: string };
          content: { text?: string };
        };
        if (message.header.msg_type === 'stream') {
          frontEnd.printed += message.content.text ?? '';
        }
      });
      await new Promise((resolve, reject) => {
        socket.addEventListener('open', resolve);
        socket.addEventListener('error', reject);
      });
    }, address);
  }

  /** Run a cell; does not wait for it. */
  async execute(code: string): Promise<void> {
    await this._frontEnd.evaluate(({ socket }, source) => {
      const header = {
        ...{ msg_id: 'run', msg_type: 'execute_request', username: '' },
        ...{ session: 'elsewhere', version: '5.3' },
        date: new Date().toISOString()
      };
      const content = {
        ...{ code: source, silent: false, store_history: true },
        ...{ user_expressions: {}, allow_stdin: false }
      };
      const rest = { channel: 'shell', parent_header: {}, metadata: {} };
      socket?.send(JSON.stringify({ ...rest, header, content }));
    }, code);
  }

  /** As a network does that is gone. */
  async leave(): Promise<void> {
    await this._frontEnd.evaluate(({ socket }) => socket?.close());
  }

  /** End the kernel, and the browser. */
  async end(): Promise<void> {
    await this._page.context().close();
    await ask(`api/kernels/${this.kernelId}`, 'DELETE');
  }
}

async function ask(path: string, method: string): Promise<Response> {
  const { url, token } = serverHere();
  const headers = { Authorization: `token ${token}` };
  return fetch(`${url}${path}`, { method, headers });
}
