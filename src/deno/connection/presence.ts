import type { Field } from '../../core/wire/decode';
import { read } from '../server/decode';
import type { Client } from '../server/client';
import { RoomError } from '../server/errors';
import { KernelSocket } from './socket';
import { wait } from './waiting';
import type { INotebook } from '../server/rows';
import type { IAskOptions } from './tokens';

/** What the server says of one kernel. */
export interface IPresence {
  /** Front ends that are connected, those of this process not counted; null where unknown. */
  readonly others: number | null;
  readonly state: string;
}

const FAREWELL_MS = 2000;
const SETTLING_MS = 200;
/** Half of what the fastest asks again after. */
const FRESH_MS = 500;
const MAX_TEXT = 4096;
const MAX_KERNELS = 1000;

/**
 * Make sure that a kernel is there, and that connecting to it loses no output of another client.
 *
 * When the last front end of a kernel goes, Jupyter Server begins to keep what the kernel
 * sends, for that one front end, whether a cell runs or not. It drops all of it when anybody
 * else connects; nothing tells whether there is anything.
 *
 * @throws RoomError `kernel-gone` or `would-drop-output`
 */
export function checkPresence(
  { path }: INotebook,
  { others, state }: IPresence,
  { mayDropOutput = false }: IAskOptions
): void {
  if (state === 'dead') {
    throw new RoomError('kernel-gone', `The kernel of ${path} is dead.`);
  }
  if (mayDropOutput || (others !== null && others > 0)) {
    return;
  }
  const why =
    others === null
      ? `The server does not say whether a front end is connected to ${path}`
      : `No front end is connected to ${path}`;
  throw new RoomError(
    'would-drop-output',
    `${why}, so it was not asked: the server may keep output for a browser that is offline, and would drop it. { mayDropOutput: true } asks all the same.`
  );
}

/**
 * Let the server keep a kernel's output for the front end that ran its cell, if no client is left.
 *
 * Whoever hangs up last is the one for whom the server keeps it. Never throws.
 *
 * @param session - the front end's, as it stands in what the kernel answers to it
 */
export async function leaveTo(
  client: Client,
  kernelId: string,
  session: string
): Promise<void> {
  try {
    if ((await presenceOf(client, kernelId)).others !== 0) {
      return;
    }
    const socket = await KernelSocket.open(client, kernelId, session);
    // Until the kernel has answered, the server still sets the connection up.
    const { done } = socket.request('control', 'kernel_info_request', {});
    await Promise.race([done, wait(null, FAREWELL_MS)]).catch(() => undefined);
    await socket.close();
  } catch {
    // The kernel has gone, and with it what it would say.
  }
}

/** What the server says of one kernel now. @throws RoomError `kernel-gone` */
export async function presenceOf(
  client: Client,
  kernelId: string
): Promise<IPresence> {
  const path = `api/kernels/${encodeURIComponent(kernelId)}`;
  const ask = async (): Promise<IPresence> => {
    // Behind a gateway a server knows of one kernel what it knew when it last listed all.
    await client.json('api/kernels');
    return read(await client.json(path), parse);
  };
  const presence = await ask();
  if (presence.others !== 0 || KernelSocket.openTo(kernelId) === 0) {
    return presence;
  }
  // The server may not have counted yet what this process opened just now.
  await wait(null, SETTLING_MS);
  return ask();
}

/** Calls the roll of a server's kernels for many who want to know often. */
export class Roll {
  constructor(private readonly _client: Client) {}

  /** What the server said of one kernel, a moment ago at most. @throws RoomError `kernel-gone` */
  async of({ kernelId, path }: INotebook): Promise<IPresence> {
    if (performance.now() - this._calledMs > FRESH_MS) {
      this._calledMs = performance.now();
      this._answer = this._call();
    }
    const presence = (await this._answer).get(kernelId);
    if (!presence) {
      throw new RoomError('kernel-gone', `${path} was shut down.`);
    }
    return presence;
  }

  private async _call(): Promise<ReadonlyMap<string, IPresence>> {
    const answer = await this._client.json('api/kernels');
    const each = (kernel: Field): [string, IPresence] => [
      kernel.key('id').text(MAX_TEXT),
      parse(kernel)
    ];
    return read(answer, field => new Map(field.list(MAX_KERNELS, each)));
  }

  private _calledMs = -Infinity;
  private _answer: Promise<ReadonlyMap<string, IPresence>> = Promise.resolve(
    new Map()
  );
}

function parse(kernel: Field): IPresence {
  const connections = kernel.key('connections').wholeOrNull();
  const own = KernelSocket.openTo(kernel.key('id').text(MAX_TEXT));
  return {
    others: connections === null ? null : Math.max(0, connections - own),
    state: kernel.key('execution_state').textOrNull(64) ?? 'unknown'
  };
}
