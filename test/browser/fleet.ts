import type { Locator } from 'playwright-core';
import { serverHere } from './here';

import { FakeDriver } from './driver';
import type { Lab } from './lab';

/** The section of notebooks and processes, as a person meets it. */
export class FleetSection {
  constructor(private readonly _lab: Lab) {}

  /** Unfold it. */
  async open(): Promise<void> {
    await this._heading('false').click();
    await this.root
      .locator('.jp-VramKernels, .jp-VramPanel-quiet')
      .first()
      .waitFor();
  }

  /** Fold it, if it is there and not folded. */
  async close(): Promise<void> {
    const heading = this._heading('true');
    if ((await heading.count()) > 0 && (await heading.isVisible())) {
      await heading.click();
    }
  }

  /** Wait until a notebook's kernel is said to be in this state. */
  async says(name: string, state: string | RegExp): Promise<void> {
    const words = this.kernel(name).locator('.jp-VramKernels-state');
    await words.filter({ hasText: state }).waitFor();
  }

  get root(): Locator {
    return this._lab.panel.root.locator('section').filter({
      has: this._lab.page.locator('button', {
        hasText: 'Notebooks and processes'
      })
    });
  }

  /** The rows of one notebook. */
  kernel(name: string): Locator {
    return this.root.locator('.jp-VramKernels tbody').filter({ hasText: name });
  }

  /** A notebook's figure: allocated, reserved, driver. */
  async figure(name: string, place: 0 | 1 | 2): Promise<string> {
    return this.kernel(name).locator('td[data-known]').nth(place).innerText();
  }

  /** The row of one process. */
  process(text: string | number): Locator {
    const hasText = typeof text === 'number' ? `PID ${text} ` : text;
    return this.root.locator('.jp-VramProcesses tr').filter({ hasText });
  }

  private _heading(expanded: 'true' | 'false'): Locator {
    return this.root.locator(`.jp-VramPanel-fold[aria-expanded="${expanded}"]`);
  }
}

/** What nvidia-smi says on the server of the tests. */
export function fakeDriver(): FakeDriver {
  return new FakeDriver(serverHere().driver);
}
