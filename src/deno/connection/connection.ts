import { Signal } from '@lumino/signaling';

import { withinTime } from '../../kernel/ask';
import { isOfMainShell } from '../../kernel/mainshell';
import type {
  IKernelPort,
  IKernelReply,
  IPublishedMessage,
  ISilentRequest,
  KernelStatus
} from '../../kernel/port';
import type { Client } from '../server/client';
import type { IFrame } from './frames';
import type { IPending } from './socket';
import { leaveTo } from './presence';
import { KernelSocket } from './socket';
import { wait } from './waiting';

/** How long a kernel may take to end what was opened in it. */
const FAREWELL_MS = 2000;

const STATES: readonly KernelStatus[] = [
  'starting',
  'idle',
  'busy',
  'restarting',
  'autorestarting',
  'dead'
];

/** A connection to a kernel, without JupyterLab. */
export class Connection implements IKernelPort {
  private constructor(
    private readonly _client: Client,
    private readonly _socket: KernelSocket,
    readonly id: string,
    private _status: KernelStatus,
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
    status: KernelStatus
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

  subshellId: string | null = null;
  readonly statusChanged = new Signal<this, KernelStatus>(this);
  readonly iopubMessage = new Signal<this, IPublishedMessage>(this);

  get status(): KernelStatus {
    return this._status;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  requestExecute(content: ISilentRequest): IKernelReply {
    const request = { ...content };
    return future(
      this._socket.request('shell', 'execute_request', request, this.subshellId)
    );
  }

  requestCreateSubshell(): IKernelReply {
    return future(
      this._socket.request('control', 'create_subshell_request', {})
    );
  }

  requestDeleteSubshell({
    subshell_id
  }: {
    readonly subshell_id: string;
  }): IKernelReply {
    const pending = this._socket.request('control', 'delete_subshell_request', {
      subshell_id
    });
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
    const { msg_type, session } = frame.parent_header;
    if (msg_type === 'execute_request' && isOfMainShell(frame)) {
      this._asker =
        typeof session === 'string' && session !== this._socket.session
          ? session
          : this._asker;
    }
    const state = frame.content.execution_state;
    // Requests beside the main shell, our own among them, make a kernel say *idle*.
    const isBeside =
      (state === 'idle' || state === 'busy') && !isOfMainShell(frame);
    if (frame.header.msg_type === 'status' && !isBeside && isStatus(state)) {
      this._setStatus(state);
    }
    this.iopubMessage.emit(frame);
  }

  private _onClosed(): void {
    if (!this._isDisposed) {
      this._setStatus('dead');
    }
  }

  private _setStatus(status: KernelStatus): void {
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

/** Whether a kernel, or its server, names a state that is known. */
export function isStatus(state: unknown): state is KernelStatus {
  return STATES.some(each => each === state);
}

function future(pending: IPending): IKernelReply {
  const done = pending.done.then(content => ({ content }));
  done.catch(() => undefined);
  const msg = { header: { msg_id: pending.id } };
  return { msg, done, dispose: pending.cancel };
}
