import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { NotebookPanel } from '@jupyterlab/notebook';
import type { KernelMessage } from '@jupyterlab/services';
import type { JSHandle } from 'playwright-core';

import type { KernelName } from './kernels';
import type { Lab } from './lab';

/** A code cell is its source. */
export type ICell = string | { readonly markdown: string };

/** How a notebook is written. */
export interface INotebookOptions {
  /** Without the ending; by default a name of its own. */
  readonly name?: string;
  readonly kernel?: KernelName;
  /** Open it on this kernel instead of one of its own. */
  readonly kernelId?: string;
}

let written = 0;

/** Write a notebook into `folder` and return its file name. */
export async function writeNotebook(
  folder: string,
  cells: readonly ICell[],
  options: INotebookOptions
): Promise<string> {
  written += 1;
  const name = `${options.name ?? `notebook-${process.pid}-${written}`}.ipynb`;
  const kernel = options.kernel ?? 'python3';
  const content = {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: kernel, display_name: kernel } },
    cells: cells.map((cell, place) => cellOf(cell, `cell-${place}`))
  };
  await writeFile(path.join(folder, name), JSON.stringify(content));
  return name;
}

function cellOf(cell: ICell, id: string): object {
  return typeof cell === 'string'
    ? {
        ...{ id, cell_type: 'code', metadata: {}, source: cell },
        ...{ execution_count: null, outputs: [] }
      }
    : { id, cell_type: 'markdown', metadata: {}, source: cell.markdown };
}

/** What one code cell looks like. */
export interface ICellState {
  readonly type: string;
  readonly source: string;
  readonly executionCount: number | null;
  /** What it printed and displayed as text, and the names of the errors it raised. */
  readonly output: string;
}

/** A notebook that is open in a page. */
export class Notebook {
  constructor(
    private readonly _lab: Lab,
    readonly name: string,
    readonly handle: JSHandle<NotebookPanel>
  ) {}

  /** Make it the active document, with cell `index` active. */
  async select(index: number): Promise<void> {
    await this.handle.evaluate((panel, place) => {
      window.jupyterapp.shell.activateById(panel.id);
      panel.content.activeCellIndex = place;
      panel.content.deselectAll();
    }, index);
  }

  /** Run a cell and wait until it has ended. */
  async run(index: number): Promise<void> {
    await this.select(index);
    await this._lab.execute('notebook:run-cell');
  }

  /** Run all cells, one after the other. */
  async runAll(): Promise<void> {
    await this.select(0);
    await this._lab.execute('notebook:run-all-cells');
  }

  /** Start a cell and return when its kernel is busy with it. */
  async start(index: number): Promise<void> {
    await this.select(index);
    await this.handle.evaluate(async panel => {
      const kernel = panel.sessionContext.session?.kernel;
      const runs = new Promise<void>(resolve => {
        // Not the status: JupyterLab's own requests make a kernel busy, too.
        const check = (
          _: unknown,
          { header }: { header: { msg_type: string } }
        ): void => {
          if (header.msg_type === 'execute_input') {
            kernel?.iopubMessage.disconnect(check);
            resolve();
          }
        };
        kernel?.iopubMessage.connect(check);
      });
      void window.jupyterapp.commands.execute('notebook:run-cell');
      await runs;
    });
  }

  /** Wait until the kernel says that it is idle. */
  async idle(): Promise<void> {
    await this._lab.page.waitForFunction(
      panel => panel.sessionContext.session?.kernel?.status === 'idle',
      this.handle
    );
  }

  /** Wait until the session is there and its kernel answers. */
  async kernelReady(): Promise<void> {
    await this.handle.evaluate(async panel => {
      await panel.context.ready;
      await panel.sessionContext.ready;
      await panel.sessionContext.session?.kernel?.info;
    });
    await this.idle();
  }

  async cells(): Promise<ICellState[]> {
    return this.handle.evaluate(panel =>
      panel.content.widgets.map(({ model }) => {
        const json = model.sharedModel.toJSON() as {
          execution_count?: number | null;
          outputs?: {
            text?: string | string[];
            data?: Record<string, string | string[]>;
            ename?: string;
          }[];
        };
        const outputs = (json.outputs ?? []).map(
          ({ text, data, ename }) =>
            ename ?? [text ?? data?.['text/plain'] ?? ''].flat().join('')
        );
        return {
          type: model.type,
          source: model.sharedModel.getSource(),
          executionCount: json.execution_count ?? null,
          output: outputs.join('')
        };
      })
    );
  }

  async cell(index: number): Promise<ICellState> {
    const cell = (await this.cells())[index];
    if (!cell) {
      throw new Error(`${this.name} has no cell ${index}`);
    }
    return cell;
  }

  async isDirty(): Promise<boolean> {
    return this.handle.evaluate(panel => panel.context.model.dirty);
  }

  async kernelId(): Promise<string> {
    return this.handle.evaluate(
      panel => panel.sessionContext.session?.kernel?.id ?? ''
    );
  }

  /** JupyterLab's own idea of the kernel. */
  async kernelStatus(): Promise<string> {
    return this.handle.evaluate(
      panel => panel.sessionContext.session?.kernel?.status ?? 'none'
    );
  }

  /** What the circle at the right of the notebook's toolbar says. */
  async indicator(): Promise<string | null> {
    return this.handle.evaluate(
      panel =>
        panel.node
          .querySelector('.jp-Notebook-ExecutionIndicator')
          ?.getAttribute('data-status') ?? null
    );
  }

  /** End its kernel for good, as a server that shuts it down does. */
  async kill(): Promise<void> {
    await this.handle.evaluate(async panel => {
      await panel.sessionContext.session?.kernel?.shutdown();
    });
  }

  /** Close the document; its kernel lives on. */
  async close(): Promise<void> {
    await this.handle.evaluate(panel => panel.dispose());
  }

  /** Evaluate Python without a trace in the kernel; the answer is its `repr`. */
  async ask(expression: string): Promise<string> {
    const answer = await this.handle.evaluate(async (panel, asked) => {
      const future = panel.sessionContext.session?.kernel?.requestExecute({
        code: '',
        silent: true,
        store_history: false,
        user_expressions: { asked }
      });
      const content = (await future?.done)
        ?.content as KernelMessage.IReplyOkContent & {
        user_expressions?: Record<string, unknown>;
      };
      return content.user_expressions?.asked;
    }, expression);
    const { status, data } = answer as {
      status: string;
      data: Record<string, string>;
    };
    return status === 'ok' ? (data['text/plain'] ?? '') : status;
  }
}
