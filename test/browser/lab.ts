import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ConsolePanel } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { BrowserContext, Locator, Page } from 'playwright-core';

import { serverHere } from './here';
import type { ICell, INotebookOptions } from './notebook';
import { Notebook, writeNotebook } from './notebook';
import { Panel } from './panel';
import type { IServerAddress } from './server';

declare global {
  interface Window {
    /** JupyterLab itself, exposed by the server's configuration. */
    readonly jupyterapp: JupyterFrontEnd;
    /** Ends every web socket of the page, as a network does. */
    cutSockets: () => void;
  }
}

const WAIT_MS = 20_000;

/** One JupyterLab in one tab of a browser. */
export class Lab {
  private constructor(
    readonly page: Page,
    private readonly _server: IServerAddress
  ) {
    this.panel = new Panel(page);
    page.setDefaultTimeout(WAIT_MS);
    const note = (text: string): void => {
      if (/vram/i.test(text)) {
        this.errors.push(text);
      }
    };
    page.on('pageerror', error => note(String(error.stack)));
    page.on('console', message => {
      if (message.type() === 'error') {
        note(message.text());
      }
    });
  }

  readonly panel: Panel;

  /** What this extension's code threw, and errors in the console that name it. */
  readonly errors: string[] = [];

  /** Open JupyterLab, empty, in a tab of `context`. */
  static async open(
    context: BrowserContext,
    server: IServerAddress = serverHere()
  ): Promise<Lab> {
    const lab = new Lab(await context.newPage(), server);
    await lab.page.addInitScript(recordSockets);
    await lab.gotoEmpty();
    return lab;
  }

  /** Open a notebook in Notebook 7, which runs on the same server. */
  static async openNotebook7(
    context: BrowserContext,
    name: string
  ): Promise<Lab> {
    const lab = new Lab(await context.newPage(), serverHere());
    await lab.goto(`notebooks/${name}`);
    return lab;
  }

  /** Go to an address of the server and wait until the application is there. */
  async goto(address: string): Promise<void> {
    const { url, token } = this._server;
    const mark = address.includes('?') ? '&' : '?';
    await this.page.goto(`${url}${address}${mark}token=${token}`);
    await this.ready();
  }

  /** Load the page again, as a person does. */
  async reload(): Promise<void> {
    this._isReloaded = true;
    await this.page.reload();
    await this.ready();
  }

  async execute(
    command: string,
    args: Record<string, string> = {}
  ): Promise<void> {
    await this.page.evaluate(
      async ([id, values]) => {
        await window.jupyterapp.commands.execute(id, values);
      },
      [command, args] as const
    );
  }

  /** JupyterLab's notifications of the moment. */
  get notifications(): Locator {
    return this.page.locator('.Toastify__toast');
  }

  get statusItem(): Locator {
    return this.page.locator('.jp-VramStatus-button');
  }

  /** Show the VRAM panel. */
  async openPanel(): Promise<Panel> {
    await this.execute('jupyterlab-vram:open-panel');
    await this.panel.root.waitFor();
    return this.panel;
  }

  /** Open a notebook with the panel, and wait until the panel watches it. */
  async watchedNotebook(
    cells: readonly ICell[],
    options: INotebookOptions = {}
  ): Promise<Notebook> {
    const notebook = await this.notebook(cells, options);
    const panel = await this.openPanel();
    await panel.title.filter({ hasText: notebook.name }).waitFor();
    await panel.shows();
    return notebook;
  }

  /** Open the settings by the panel's own button. */
  async openSettings(): Promise<Locator> {
    const button = { name: 'GPU memory settings' };
    await this.panel.root.getByRole('button', button).click();
    const form = this.page.locator('.jp-SettingsPanel');
    await form.getByText('Badge at each cell').first().waitFor();
    return form;
  }

  /** Close the side area that the panel is in. */
  async closePanel(): Promise<void> {
    await this.page.evaluate(() => {
      const shell = window.jupyterapp.shell as unknown as {
        collapseRight(): void;
      };
      shell.collapseRight();
    });
    await this.panel.root.waitFor({ state: 'hidden' });
  }

  /** Write a notebook to the server's folder and open it. */
  async notebook(
    cells: readonly ICell[],
    options: INotebookOptions = {}
  ): Promise<Notebook> {
    const { folder } = this._server;
    const name = await writeNotebook(folder, cells, options);
    return this.openNotebook(name, options);
  }

  /** Open a notebook that exists, on the kernel that `kernelId` names if it does. */
  async openNotebook(
    name: string,
    options: { readonly kernelId?: string } = {}
  ): Promise<Notebook> {
    const kernel = options.kernelId ? { id: options.kernelId } : undefined;
    await this.page.evaluate(
      async args => {
        await window.jupyterapp.commands.execute('docmanager:open', args);
      },
      { path: name, kernel }
    );
    return this.notebookAt(name);
  }

  /** A notebook that is open, once its kernel is ready. */
  async notebookAt(name: string): Promise<Notebook> {
    const handle = await this.page.waitForFunction(path => {
      for (const widget of window.jupyterapp.shell.widgets('main')) {
        const panel = widget as NotebookPanel;
        if (panel.context?.path === path) {
          return panel;
        }
      }
      return null;
    }, name);
    const notebook = new Notebook(this, name, handle as Notebook['handle']);
    await notebook.kernelReady();
    return notebook;
  }

  /** Open a console on a kernel of its own. */
  async openConsole(): Promise<void> {
    await this.page.evaluate(async () => {
      const args = { kernelPreference: { name: 'python3' } };
      const { commands } = window.jupyterapp;
      const console = (await commands.execute(
        'console:create',
        args
      )) as ConsolePanel;
      await console.sessionContext.ready;
      await console.sessionContext.session?.kernel?.info;
      window.jupyterapp.shell.activateById(console.id);
    });
  }

  /** Run `code` in the console that was used last. */
  async runInConsole(code: string): Promise<void> {
    await this.page.evaluate(async text => {
      const { commands, shell } = window.jupyterapp;
      const open = [...shell.widgets('main')];
      const console = open.find(widget => 'console' in widget) as ConsolePanel;
      console.console.promptCell?.model.sharedModel.setSource(text);
      shell.activateById(console.id);
      await commands.execute('console:run-forced');
    }, code);
  }

  /**
   * Close every document, end every kernel, and take every message away.
   *
   * JupyterLab opens the document that its address names once more when it has
   * long been restored, so a page that was loaded again is left.
   */
  async tidy(): Promise<void> {
    if (this._isReloaded) {
      this._isReloaded = false;
      await this.gotoEmpty();
    }
    await this.page.evaluate(async () => {
      const { serviceManager, shell } = window.jupyterapp;
      document
        .querySelectorAll<HTMLElement>('.jp-Dialog .jp-mod-reject')
        .forEach(button => button.click());
      [...shell.widgets('main')].forEach(widget => widget.dispose());
      await serviceManager.sessions.shutdownAll();
    });
    await this.dismissNotifications();
  }

  /** Take every notification away. */
  async dismissNotifications(): Promise<void> {
    // One under the mouse stays.
    await this.page.mouse.move(0, 0);
    await this.page.waitForFunction(
      () => {
        // A notification that is still on its way in does not take a click.
        document
          .querySelectorAll<HTMLElement>('.jp-Notification-Toast-Close')
          .forEach(button => button.click());
        return document.querySelector('.Toastify__toast') === null;
      },
      null,
      { polling: 100 }
    );
  }

  /** Keep a picture of a test that failed, for whoever looks into it. */
  async picture(testName: string): Promise<void> {
    const folder = path.resolve('.cache', 'browser');
    await mkdir(folder, { recursive: true });
    const name = testName.replace(/[^A-Za-z0-9]+/g, '-').slice(-80);
    await this.page
      .screenshot({ path: path.join(folder, `${name}.png`) })
      .catch(() => null);
  }

  private async gotoEmpty(): Promise<void> {
    await this.goto(`lab/workspaces/${workspaceName()}?reset`);
  }

  private async ready(): Promise<void> {
    await this.page.waitForFunction(() => Boolean(window.jupyterapp));
    await this.page.evaluate(() => window.jupyterapp.restored);
  }

  private _isReloaded = false;
}

/** Runs in the page, before its own scripts. */
function recordSockets(): void {
  const sockets: WebSocket[] = [];
  window.cutSockets = () => sockets.splice(0).forEach(socket => socket.close());
  window.WebSocket = class extends window.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      sockets.push(this);
    }
  };
}

let workspaces = 0;

function workspaceName(): string {
  workspaces += 1;
  return `test-${process.pid}-${workspaces}`;
}
