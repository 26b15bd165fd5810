import type { JSHandle } from 'playwright-core';

import type { Notebook } from './notebook';

interface ILog {
  readonly types: string[];
  pushes: number;
}

/** Every message between a page and the kernel of a notebook, from now on. */
export class MessageLog {
  private constructor(private readonly _log: JSHandle<ILog>) {}

  static async of(notebook: Notebook): Promise<MessageLog> {
    const log = await notebook.handle.evaluateHandle(panel => {
      const found: ILog = { types: [], pushes: 0 };
      const kernel = panel.sessionContext.session?.kernel;
      kernel?.anyMessage.connect((_, { direction, msg }) => {
        found.types.push(`${direction} ${msg.header.msg_type}`);
        const { data } = msg.content as { data?: Record<string, unknown> };
        if (data && 'application/vnd.jupyterlab-vram+json' in data) {
          found.pushes += 1;
        }
      });
      return found;
    });
    return new MessageLog(log);
  }

  /** How often the agent has pushed. */
  async pushes(): Promise<number> {
    return this._log.evaluate(log => log.pushes);
  }

  /** The type of each message that the page has sent. */
  async asked(): Promise<string[]> {
    return this._log.evaluate(log =>
      log.types.filter(each => each.startsWith('send '))
    );
  }

  /** How many messages of this type the page has sent. */
  async sent(type: string): Promise<number> {
    return this._log.evaluate(
      (log, name) => log.types.filter(each => each === `send ${name}`).length,
      type
    );
  }

  /** The direction and type of each message of the next `milliseconds`. */
  async during(milliseconds: number): Promise<string[]> {
    return this._log.evaluate(async (log, pause) => {
      const before = log.types.length;
      await new Promise(resolve => setTimeout(resolve, pause));
      return log.types.slice(before);
    }, milliseconds);
  }
}

/** Every status that JupyterLab takes a kernel to be in, from now on. */
export class StatusLog {
  private constructor(private readonly _log: JSHandle<string[]>) {}

  static async of(notebook: Notebook): Promise<StatusLog> {
    const log = await notebook.handle.evaluateHandle(panel => {
      const seen: string[] = [];
      panel.sessionContext.statusChanged.connect((_, status) => {
        seen.push(status);
      });
      return seen;
    });
    return new StatusLog(log);
  }

  async seen(): Promise<string[]> {
    return this._log.evaluate(seen => [...seen]);
  }
}
