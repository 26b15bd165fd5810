import type { IPublishedContent, IPublishedMessage } from '../../kernel/port';
import { MAX_PUSH_INTERVAL_MS } from '../../core/wire/generated';
import type { Client } from '../server/client';
import { checked, converse } from './conversation';
import type { Conversation } from './conversation';
import { problemOf, RoomError } from '../server/errors';
import type { Looks } from './looks';
import type { Roll } from './presence';
import { checkPresence } from './presence';
import { wait } from './waiting';
import type { INotebook } from '../server/rows';
import type { IAskOptions } from './tokens';

/** How often the server is asked whether a kernel and its front ends are still there. */
const CHECK_MS = 1000;
/** A kernel that says nothing of itself is asked for a sign of life so often. */
const PING_MS = 5000;
/** How much later than agreed a word of a running cell may come. */
const SPARE_MS = 3000;
const SILENCE_MS = MAX_PUSH_INTERVAL_MS + SPARE_MS;
const FAREWELL_MS = 2000;

/** What a watch wants of the kernels. */
export interface IFollowing extends IAskOptions {
  readonly everySeconds: number;
  /** After so many without a word of the room, the agent stops by itself. */
  readonly leaseSeconds: number;
  readonly over: AbortSignal;
  readonly roll: Roll;
}

/**
 * Listens to one kernel, and notes in `looks` what it says, or why it says nothing.
 *
 * The kernel is asked once, and then tells by itself: an idle one stays idle for the server.
 */
export class Follower {
  constructor(
    private readonly _client: Client,
    private readonly _notebook: INotebook,
    private readonly _looks: Looks,
    private readonly _following: IFollowing
  ) {}

  /** Follow until it is over. Never throws: a kernel may go meanwhile, and come back. */
  async run(): Promise<void> {
    const { over } = this._following;
    while (!over.aborted) {
      try {
        await converse(
          this._client,
          this._notebook,
          conversation => this._listen(conversation),
          this._following
        );
      } catch (error) {
        const problem = problemOf(error);
        if (problem.code === 'restarted') {
          this._looks.forget(this._notebook);
        }
        this._looks.fail(this._notebook, problem);
        await wait(over, CHECK_MS);
      }
    }
  }

  private async _listen(conversation: Conversation): Promise<void> {
    const { over } = this._following;
    const viewer = crypto.randomUUID();
    const { link } = conversation;
    this._heardMs = this._askedMs = Date.now();
    conversation.onMessage(message => {
      this._heardMs = Date.now();
      this._isReplaced ||= saysReplaced(message);
    });
    link.messageReceived.connect((_, message) =>
      this._looks.note(this._notebook, message)
    );
    await this._attach(conversation, viewer);
    // A process that is asked right after its start still says so.
    this._isReplaced = false;
    while (!over.aborted) {
      await wait(over, CHECK_MS);
      await this._check(conversation);
      const leaseMs = 1000 * this._following.leaseSeconds;
      if (Date.now() - this._attachedMs > leaseMs / 2) {
        await this._attach(conversation, viewer);
      }
    }
    const farewell = link.request({ op: 'detach', viewer });
    await Promise.race([
      farewell.catch(() => undefined),
      wait(null, FAREWELL_MS)
    ]);
  }

  private async _attach({ link }: Conversation, viewer: string): Promise<void> {
    const { everySeconds, leaseSeconds } = this._following;
    this._attachedMs = Date.now();
    const message = await link.request({
      op: 'attach',
      viewer,
      interval_ms: Math.round(1000 * everySeconds),
      lease_s: leaseSeconds,
      practice: null
    });
    this._looks.note(this._notebook, checked(message));
  }

  /** @throws RoomError where there is nobody to listen to any more */
  private async _check(conversation: Conversation): Promise<void> {
    const { path } = this._notebook;
    const presence = await this._following.roll.of(this._notebook);
    checkPresence(this._notebook, presence, this._following);
    const { status } = conversation;
    if (this._isReplaced) {
      throw new RoomError('restarted', `The kernel of ${path} was restarted.`);
    }
    if (status === 'dead') {
      throw new RoomError('kernel-gone', `The kernel of ${path} died.`);
    }
    const nowMs = Date.now();
    if (nowMs - this._heardMs > SILENCE_MS) {
      const sentence = `The kernel of ${path} gives no answer: native code may keep it busy.`;
      const error = new RoomError('no-answer', sentence);
      this._looks.fail(this._notebook, problemOf(error, this._heardMs));
    }
    const { reading, notebook } = this._looks.known(this._notebook);
    const isBusy = status === 'busy' || notebook.state === 'busy';
    // A running cell is told of; to ask beside it would make the kernel say that it is idle.
    if (reading !== null && !isBusy && nowMs - this._askedMs > PING_MS) {
      this._askedMs = nowMs;
      void conversation.ping().then(
        () => this._looks.confirm(this._notebook),
        () => undefined
      );
    }
  }

  /** When the kernel said anything last. */
  private _heardMs = 0;
  private _askedMs = 0;
  private _attachedMs = 0;
  /** Whether the process that was asked ended. */
  private _isReplaced = false;
}

const RESTARTS: ReadonlySet<unknown> = new Set([
  'starting',
  'restarting',
  'autorestarting'
]);

/** Whether another process takes the place of the kernel's. */
function saysReplaced({ header, content }: IPublishedMessage): boolean {
  const { restart, execution_state }: IPublishedContent = content;
  return header.msg_type === 'shutdown_reply'
    ? restart === true
    : header.msg_type === 'status' && RESTARTS.has(execution_state);
}
