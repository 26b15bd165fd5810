import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';

import { withinTime } from '../../kernel/ask';
import { isOfMainShell } from '../../kernel/mainshell';
import type { Client } from '../server/client';
import type { IFrame } from './frames';
import type { IPending } from './socket';
import { leaveTo } from './presence';
import { KernelSocket } from './socket';
import { wait } from './waiting';

/** How long a kernel may take to end what was opened in it. */
const FAREWELL_MS = 2000;

const STATES: ReadonlySet<unknown> = new Set([
  'starting',
  'idle',
  'busy',
  'restarting',
  'autorestarting',
  'dead'
]);

/** What `src/kernel` needs of JupyterLab's kernel connection, without JupyterLab. */
export class Connection {
  private constructor(
    private readonly _client: Client,
    private readonly _socket: KernelSocket,
    readonly id: string,
    private _status: Kernel.Status,
    readonly supportsSubshells: boolean
  ) {}

  /**
   * Connect to a kernel; it introduces itself on its control channel, which answers during cells.
   *
   * @param status - what the server says of it
   * @throws RoomError `kernel-gone`
   * @throws NoAnswerError if the kernel does not introduce itself
   */
  static async open(
    client: Client,
    kernelId: string,
    status: Kernel.Status
  ): Promise<Connection> {
    const socket = await KernelSocket.open(client, kernelId);
    try {
      const info = await withinTime(
        socket.request('control', 'kernel_info_request', {}).done
      );
      const features = info.supported_features;
      const supportsSubshells =
        Array.isArray(features) && features.includes('kernel subshells');
      // The server may say *idle* in the middle of a cell, when others ask on
      // a subshell. Unknown makes us ask on a subshell, too, which always works.
      const known = supportsSubshells ? 'unknown' : status;
      const made = new Connection(
        ...([client, socket, kernelId, known, supportsSubshells] as const)
      );
      socket.onIOPub = frame => made._onIOPub(frame);
      socket.onClosed = () => made._onClosed();
      return made;
    } catch (error) {
      await socket.close();
      throw error;
    }
  }

  readonly info = Promise.resolve(null);
  subshellId: string | null = null;
  readonly statusChanged = new Signal<this, Kernel.Status>(this);
  readonly iopubMessage = new Signal<this, KernelMessage.IIOPubMessage>(this);

  get status(): Kernel.Status {
    return this._status;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** This connection, as `src/kernel` knows it. */
  get kernel(): Kernel.IKernelConnection {
    return this as unknown as Kernel.IKernelConnection;
  }

  requestExecute(content: Record<string, unknown>): IFuture {
    return future(
      this._socket.request('shell', 'execute_request', content, this.subshellId)
    );
  }

  requestCreateSubshell(): IFuture {
    return future(
      this._socket.request('control', 'create_subshell_request', {})
    );
  }

  requestDeleteSubshell(content: Record<string, unknown>): IFuture {
    const pending = this._socket.request(
      'control',
      'delete_subshell_request',
      content
    );
    this._farewells.push(pending.done);
    return future(pending);
  }

  /** What the kernel's machine says of the kernel's process, `pid` among it; works during cells. */
  usage(): Promise<unknown> {
    return withinTime(
      this._socket.request('control', 'usage_request', {}).done
    );
  }

  /** Whether the kernel's process answers; asked beside its cells, and no activity for the server. */
  async ping(): Promise<void> {
    await this._socket.request('control', 'kernel_info_request', {}).done;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    Signal.clearData(this);
  }

  /** End the connection, after its subshells; what comes now belongs to whom it came for before. */
  async close(): Promise<void> {
    this.dispose();
    // A dead kernel never says goodbye.
    const farewells = Promise.allSettled(this._farewells);
    await Promise.race([farewells, wait(null, FAREWELL_MS)]);
    await this._socket.close();
    if (this._asker !== null) {
      await leaveTo(this._client, this.id, this._asker);
    }
  }

  private _onIOPub(frame: IFrame): void {
    const message = frame as unknown as KernelMessage.IIOPubMessage;
    const { msg_type, session } = frame.parent_header;
    if (msg_type === 'execute_request' && isOfMainShell(message)) {
      this._asker =
        typeof session === 'string' && session !== this._socket.session
          ? session
          : this._asker;
    }
    const state = frame.content.execution_state;
    const isWord = frame.header.msg_type === 'status' && STATES.has(state);
    // Requests beside the main shell, our own among them, make a kernel say *idle*.
    const isBeside =
      (state === 'idle' || state === 'busy') && !isOfMainShell(message);
    if (isWord && !isBeside) {
      this._setStatus(state as Kernel.Status);
    }
    this.iopubMessage.emit(message);
  }

  private _onClosed(): void {
    if (!this._isDisposed) {
      this._setStatus('dead');
    }
  }

  private _setStatus(status: Kernel.Status): void {
    if (this._status !== status) {
      this._status = status;
      this.statusChanged.emit(status);
    }
  }

  /** The front end whose cell was the last that ran. */
  private _asker: string | null = null;
  private readonly _farewells: Promise<unknown>[] = [];
  private _isDisposed = false;
}

/** As JupyterLab's, as far as it is used. */
interface IFuture {
  readonly msg: { readonly header: { readonly msg_id: string } };
  readonly done: Promise<{ readonly content: Record<string, unknown> }>;
  dispose(): void;
}

function future(pending: IPending): IFuture {
  const done = pending.done.then(content => ({ content }));
  done.catch(() => undefined);
  const msg = { header: { msg_id: pending.id } };
  return { msg, done, dispose: pending.cancel };
}
