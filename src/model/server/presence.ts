import type { Kernel } from '@jupyterlab/services';

import type { IServerKernel } from './tokens';

/** Says whether a client is connected to a kernel, and asks the user if none is. */
export interface IPresenceOptions {
  /** Asks the server, and not the kernel; undefined if there is no such kernel. */
  readonly lookUp: (kernelId: string) => Promise<Kernel.IModel | undefined>;
  /** Asks a person whether the server may drop what it keeps of a kernel's output. */
  readonly mayDropOutput: (kernel: IServerKernel) => Promise<boolean>;
}

/**
 * Says whether a new connection to a kernel loses no output of another client.
 *
 * From the moment that the last connection is closed the server keeps what the
 * kernel says for that one, whether the kernel is idle or busy, and drops all of
 * it when another connects.
 */
export class Presence {
  constructor(private readonly _options: IPresenceOptions) {}

  /**
   * Ask the server about this moment, and the user where no client is connected.
   *
   * A kernel about which that is being asked already must not be connected to.
   *
   * @param isMeant - whether the user wants it; false: the user is not asked
   */
  async mayConnect(kernel: IServerKernel, isMeant: boolean): Promise<boolean> {
    const { kernelId } = kernel;
    if (this._undecided.has(kernelId)) {
      return false;
    }
    this._undecided.add(kernelId);
    try {
      return (
        (await this._isAnybodyThere(kernelId)) ||
        (isMeant && (await this._options.mayDropOutput(kernel)))
      );
    } finally {
      this._undecided.delete(kernelId);
    }
  }

  private async _isAnybodyThere(kernelId: string): Promise<boolean> {
    try {
      const model = await this._options.lookUp(kernelId);
      return (model?.connections ?? 0) > 0;
    } catch {
      // Unknown is not enough.
      return false;
    }
  }

  private readonly _undecided = new Set<string>();
}
