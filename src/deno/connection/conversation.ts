import type { IAgentMessage } from '../../core/wire/generated';
import { NoAnswerError } from '../../kernel/ask';
import { BusyError } from '../../kernel/channel';
import { AgentError, KernelLink } from '../../kernel/link';
import type { IPublishedMessage, KernelStatus } from '../../kernel/port';
import { RefusedError } from '../../kernel/query';
import { read } from '../server/decode';
import type { Client } from '../server/client';
import { Connection, isStatus } from './connection';
import { RoomError } from '../server/errors';
import { checkPresence, presenceOf } from './presence';
import type { INotebook } from '../server/rows';
import type { IAskOptions } from './tokens';

/** One conversation with the agent in one notebook's kernel. */
export class Conversation {
  private constructor(private readonly _connection: Connection) {
    this.link = new KernelLink(_connection);
  }

  /** @throws what `Connection.open` throws */
  static async begin(
    client: Client,
    { kernelId, state }: INotebook
  ): Promise<Conversation> {
    const status = isStatus(state) ? state : 'unknown';
    return new Conversation(await Connection.open(client, kernelId, status));
  }

  readonly link: KernelLink;

  /** The number of the kernel's process, null where unknown; answered during cells, too. */
  async pid(): Promise<number | null> {
    if (!this._connection.supportsSubshells) {
      // Older kernels may not know the question, and then never answer.
      return null;
    }
    const usage = await this._connection.usage();
    return read(usage, answer => answer.key('pid').wholeOrNull());
  }

  /** What the kernel says of itself, or the server of it; `unknown` until there is a word. */
  get status(): KernelStatus {
    return this._connection.status;
  }

  /** As `Connection.ping`. */
  ping(): Promise<void> {
    return this._connection.ping();
  }

  /** Call `listener` at each message that the kernel publishes, for any client's request. */
  onMessage(listener: (message: IPublishedMessage) => void): void {
    this._connection.iopubMessage.connect((_, message) => listener(message));
  }

  async end(): Promise<void> {
    this.link.dispose();
    await this._connection.close();
  }
}

/**
 * Connect to a notebook's kernel, talk to its agent, and hang up.
 *
 * @throws RoomError if the kernel is not Python, gone, busy or silent, if to ask it could
 *   cost output, or if its agent refuses
 */
export async function converse<T>(
  client: Client,
  notebook: INotebook,
  talk: (conversation: Conversation) => Promise<T>,
  options: IAskOptions = {}
): Promise<T> {
  checkLanguage(notebook);
  let conversation: Conversation | null = null;
  try {
    const presence = await presenceOf(client, notebook.kernelId);
    checkPresence(notebook, presence, options);
    conversation = await Conversation.begin(client, notebook);
    return await talk(conversation);
  } catch (error) {
    throw await explained(error, client, notebook);
  } finally {
    await conversation?.end();
  }
}

/** A message of the agent's, which only says how things stand: it leaves nothing attached. */
export async function look({ link }: Conversation): Promise<IAgentMessage> {
  return checked(await link.request({ op: 'read' }));
}

/** @throws RefusedError if the message says that the agent refused */
export function checked(message: IAgentMessage): IAgentMessage {
  if (message.kind === 'refused') {
    throw new RefusedError(
      message.reason ?? (trans => trans.__('The agent refused.'))
    );
  }
  return message;
}

function checkLanguage({ path, language, isOwn }: INotebook): void {
  if (isOwn || (language !== null && language !== 'python')) {
    throw new RoomError(
      'not-python',
      `${path} runs ${language ?? 'no Python'}: only Python kernels can tell of PyTorch's memory.`
    );
  }
}

/** What happened to a conversation, in words. */
async function explained(
  error: unknown,
  client: Client,
  notebook: INotebook
): Promise<unknown> {
  const { path } = notebook;
  if (error instanceof RoomError) {
    return error;
  }
  if (error instanceof RefusedError) {
    return new RoomError('refused', `${path}: ${error.message}`);
  }
  if (error instanceof BusyError) {
    return new RoomError(
      'busy',
      `${path} runs a cell, and its ipykernel is too old to be asked meanwhile: wait, or install ipykernel 7.`
    );
  }
  if (error instanceof NoAnswerError) {
    return (await isGone(client, notebook))
      ? new RoomError('kernel-gone', `The kernel of ${path} is gone.`)
      : new RoomError(
          'no-answer',
          `The kernel of ${path} gave no answer in time: native code may keep it busy. Try again later, or interrupt it.`
        );
  }
  if (error instanceof AgentError) {
    return new RoomError('strange-answer', `${path}: ${error.message}`);
  }
  return error;
}

async function isGone(client: Client, notebook: INotebook): Promise<boolean> {
  const path = `api/kernels/${encodeURIComponent(notebook.kernelId)}`;
  try {
    const kernel = await client.json(path);
    const state = read(kernel, each =>
      each.key('execution_state').textOrNull(64)
    );
    return state === 'dead';
  } catch (error) {
    return error instanceof RoomError && error.code === 'kernel-gone';
  }
}
