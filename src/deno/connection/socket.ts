import type { Client } from '../server/client';
import { RoomError } from '../server/errors';
import type { IFrame } from './frames';
import { decodeFrame, encodeFrame, V1 } from './frames';

const OPEN_MS = 10_000;
/** How long the other side may take to say goodbye. */
const CLOSE_MS = 2000;

/** The WebSocket to one kernel, and who waits for which answer. */
export class KernelSocket {
  private constructor(
    private readonly _socket: WebSocket,
    private readonly _kernelId: string,
    /** Names this front end in what it asks, and in what the kernel answers to it. */
    readonly session: string
  ) {
    _socket.onmessage = event => this._onMessage(event.data);
    _socket.onclose = () => this._onClose();
    KernelSocket._open.set(_kernelId, KernelSocket.openTo(_kernelId) + 1);
  }

  /** How many of this process are open to a kernel. */
  static openTo(kernelId: string): number {
    return KernelSocket._open.get(kernelId) ?? 0;
  }

  /** Called with every message that the kernel publishes. */
  onIOPub: (frame: IFrame) => void = () => undefined;
  /** Called once, when the connection is over. */
  onClosed: () => void = () => undefined;

  /**
   * Open the WebSocket to a kernel.
   *
   * @param session - who asks; by default nobody who was here before
   * @throws RoomError `kernel-gone` if the server does not open it
   */
  static async open(
    client: Client,
    kernelId: string,
    session: string = crypto.randomUUID()
  ): Promise<KernelSocket> {
    const path = `api/kernels/${encodeURIComponent(kernelId)}/channels`;
    const url = client.socketUrl(path, { session_id: session });
    const socket = new WebSocket(url, [V1]);
    socket.binaryType = 'arraybuffer';
    await opened(socket);
    return new KernelSocket(socket, kernelId, session);
  }

  /**
   * Send a request, and wait for its reply.
   *
   * @returns the content of the reply
   * @throws Error when the connection closes first, or `cancel` is called
   */
  request(
    channel: 'shell' | 'control',
    msg_type: string,
    content: Readonly<Record<string, unknown>>,
    subshellId: string | null = null
  ): IPending {
    const id = crypto.randomUUID();
    const done = new Promise<Record<string, unknown>>((resolve, reject) => {
      this._waiters.set(id, { resolve, reject });
    });
    // Whoever asked may have gone.
    done.catch(() => undefined);
    const cancel = (): void => {
      this._waiters.get(id)?.reject(new Error('Canceled'));
      this._waiters.delete(id);
    };
    if (this._socket.readyState === WebSocket.OPEN) {
      const header = this._header(id, msg_type, subshellId);
      const frame = {
        channel,
        header,
        parent_header: {},
        metadata: {},
        content
      };
      this._socket.send(encodeFrame(frame, this._socket.protocol));
    } else {
      cancel();
    }
    return { id, done, cancel };
  }

  /** Close, and wait until that is done, but not for long. */
  async close(): Promise<void> {
    if (this._socket.readyState === WebSocket.CLOSED) {
      return;
    }
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, CLOSE_MS);
      const finish = this.onClosed;
      this.onClosed = () => {
        clearTimeout(timer);
        finish();
        resolve();
      };
      this._socket.close();
    });
  }

  private _header(
    msg_id: string,
    msg_type: string,
    subshell_id: string | null
  ): Record<string, unknown> {
    return {
      ...{ msg_id, msg_type, session: this.session, username: '' },
      ...{ date: new Date().toISOString(), version: '5.4' },
      ...(subshell_id !== null && { subshell_id })
    };
  }

  private _onMessage(data: unknown): void {
    const frame = decodeFrame(data);
    if (frame?.channel === 'iopub') {
      this.onIOPub(frame);
      return;
    }
    const parent = frame?.parent_header.msg_id;
    if (frame && typeof parent === 'string') {
      this._waiters.get(parent)?.resolve({ ...frame.content });
      this._waiters.delete(parent);
    }
  }

  private _onClose(): void {
    KernelSocket._open.set(
      this._kernelId,
      KernelSocket.openTo(this._kernelId) - 1
    );
    for (const { reject } of this._waiters.values()) {
      reject(new Error('The connection was closed'));
    }
    this._waiters.clear();
    this.onClosed();
  }

  private static readonly _open = new Map<string, number>();
  private readonly _waiters = new Map<string, IWaiter>();
}

/** A request whose reply is awaited. */
export interface IPending {
  /** Of the message that asked. */
  readonly id: string;
  readonly done: Promise<Record<string, unknown>>;
  /** Wait no more. */
  cancel(): void;
}

interface IWaiter {
  resolve(content: Record<string, unknown>): void;
  reject(reason: Error): void;
}

async function opened(socket: WebSocket): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const fail = (): void =>
      reject(
        new RoomError(
          'kernel-gone',
          'The server opened no connection to this kernel: it was shut down meanwhile, or is starting.'
        )
      );
    const timer = setTimeout(() => {
      socket.close();
      fail();
    }, OPEN_MS);
    socket.onopen = () => {
      clearTimeout(timer);
      resolve();
    };
    socket.onerror = event => {
      // Deno would report it as uncaught.
      event.preventDefault();
      clearTimeout(timer);
      fail();
    };
  });
  socket.onerror = event => event.preventDefault();
}
