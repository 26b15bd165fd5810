import type { Locator, Page } from 'playwright-core';

/** The figures in the head of a device. */
export type FigureName = 'allocated' | 'reserved' | 'peak';

/** The VRAM panel as a person meets it. */
export class Panel {
  constructor(private readonly _page: Page) {
    this.root = _page.getByRole('region', { name: 'GPU memory', exact: true });
    this.clearButton = this.root.getByRole('button', {
      name: 'Clear GPU memory',
      exact: true
    });
    this.menuButton = this.root.getByRole('button', {
      name: 'Other ways to clear GPU memory'
    });
    this.warnings = this.root.locator('.jp-VramWarning');
  }

  readonly root: Locator;
  readonly clearButton: Locator;
  readonly menuButton: Locator;
  readonly warnings: Locator;

  /** What the head of the panel says: the document and the kernel's state. */
  get title(): Locator {
    return this.root.getByRole('heading', { level: 2 });
  }

  get state(): Locator {
    return this.root.locator('.jp-VramPanel-state');
  }

  /** The rows of who holds the memory. */
  get holders(): Locator {
    return this.root.locator('.jp-VramHolder');
  }

  /** The result of the latest clear. */
  get result(): Locator {
    return this.root.locator('.jp-VramPanel-result');
  }

  /** The first line of what stands in place of figures. */
  get notice(): Locator {
    return this.root.locator('.jp-VramPanel-noticeTitle');
  }

  /** The rows of the latest cells, such as `[2]`. */
  get cellRows(): Locator {
    return this.root.locator('.jp-VramCells tbody tr');
  }

  /** A figure of the first device, in bytes; null while there is none. */
  async bytes(name: FigureName): Promise<number | null> {
    const figures = this.root.locator('.jp-VramDevice-figure');
    const figure = figures.filter({ hasText: name }).first();
    if ((await figure.count()) === 0) {
      return null;
    }
    const exact = await figure.getAttribute('title');
    return Number(exact?.replace(/\D/g, ''));
  }

  /** Wait until the panel shows the figures of an idle kernel, or of one in this state. */
  async shows(state: string | RegExp = 'Idle'): Promise<void> {
    await this.state.filter({ hasText: state }).waitFor();
    await this.root.locator('.jp-VramDevice-figure').first().waitFor();
  }

  /** Choose an entry of the menu beside the button. */
  async choose(entry: string): Promise<void> {
    await this.menuButton.click();
    await this._page.getByRole('menuitem', { name: entry }).click();
  }
}
