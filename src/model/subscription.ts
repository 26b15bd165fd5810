import type { IAgentMessage } from '../core/wire/generated';
import { BusyError } from '../kernel/channel';
import type { Connections } from './connections';
import type { AttachOptions } from './attachoptions';

/** What an agent is asked so that it pushes to this page, and so that it stops. */
export class Subscription {
  constructor(
    private readonly _connections: Connections,
    private readonly _options: AttachOptions
  ) {}

  /**
   * Attach; null if the kernel is not Python.
   *
   * @throws what `Connections.request` throws
   */
  async attach(): Promise<IAgentMessage | null> {
    const { language_info } = await this._connections.kernel.info;
    this._isOver = false;
    return language_info.name === 'python'
      ? this._connections.request(this._options.attachRequest())
      : null;
  }

  /** Whether the agent has said that it does not push to this page. */
  get isOver(): boolean {
    return this._isOver;
  }

  /** Detach. Returns false if the kernel goes on pushing, and is to be asked with its next push. */
  async detach(): Promise<boolean> {
    try {
      await this._connections.request(this._options.detachRequest());
      this._isOver = true;
      return true;
    } catch (reason) {
      // Of others it is unknown whether they heard; if they did not they go on pushing.
      return !(reason instanceof BusyError);
    }
  }

  /** Detach in this very moment, which is the page's last. */
  leave(): void {
    this._connections.tell(this._options.detachRequest());
  }

  private _isOver = true;
}
