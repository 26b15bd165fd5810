import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { serverHere } from './here';

let made = 0;

/** Ends a cell when the test has seen enough of it, however fast the machine is. */
export class Gate {
  /** A Python expression: whether the cell is to go on. */
  get isShut(): string {
    return `not __import__("os").path.exists(${JSON.stringify(this._file)})`;
  }

  /** A cell, or a part of one, that waits until then. */
  get wait(): string {
    return `import time\nwhile ${this.isShut}: time.sleep(0.05)`;
  }

  /** Let the cell end. */
  async open(): Promise<void> {
    await writeFile(this._file, '');
  }

  private readonly _file = path.join(
    path.dirname(serverHere().folder),
    `gate-${process.pid}-${made++}`
  );
}
