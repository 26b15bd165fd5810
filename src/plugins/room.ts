import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs } from './tokens';

/** The kernelspec that the Python package brings. */
const KERNEL = 'vram-room';
/** What `deno_kernel.py` starts in its place where Deno is missing. */
const STAND_IN = 'vram-room-without-deno';
const INSTALL = 'pip install "jupyterlab-vram[deno]"';

/** A command that opens a notebook outside of every Python process, and what to do where it can't. */
export const roomPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:room',
  description: 'Adds a command that opens a control room for all kernels.',
  autoStart: true,
  optional: [ICommandPalette, INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ): void => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    app.commands.addCommand(CommandIDs.newRoom, {
      label: trans.__('New GPU Control Room'),
      caption: trans.__(
        'A Deno notebook that sees the GPU memory of all notebooks'
      ),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => openRoom(app, trans)
    });
    palette?.addItem({
      command: CommandIDs.newRoom,
      category: trans.__('GPU Memory')
    });
    tracker?.widgetAdded.connect((_, { sessionContext }) => {
      const check = (): void =>
        void warnWithoutDeno(sessionContext.session?.kernel ?? null, trans);
      sessionContext.kernelChanged.connect(check);
      check();
    });
  }
};

/** Say in the page what is missing, whichever way the room was opened. */
async function warnWithoutDeno(
  kernel: Kernel.IKernelConnection | null,
  trans: TranslationBundle
): Promise<void> {
  if (kernel?.name !== KERNEL) {
    return;
  }
  // A kernel that goes before it has said anything has no info.
  const info = await kernel.info.catch(() => null);
  if (info?.implementation === STAND_IN) {
    Notification.warning(
      trans.__(
        'The control room has no Deno to run in: run %1 where JupyterLab is installed, then restart its kernel. Each of its cells says the same.',
        INSTALL
      ),
      { autoClose: false }
    );
  }
}

async function openRoom(
  app: JupyterFrontEnd,
  trans: TranslationBundle
): Promise<void> {
  const specs = app.serviceManager.kernelspecs.specs?.kernelspecs ?? {};
  if (!(KERNEL in specs)) {
    Notification.warning(
      trans.__(
        'The control room needs Deno beside JupyterLab: run %1, then reload the page.',
        INSTALL
      ),
      { autoClose: false }
    );
    return;
  }
  const panel = (await app.commands.execute('notebook:create-new', {
    kernelName: KERNEL
  })) as NotebookPanel;
  await panel.context.ready;
  panel.context.model.sharedModel.insertCells(0, firstCells(trans));
}

/** What a room begins with. */
function firstCells(
  trans: TranslationBundle
): { cell_type: 'code' | 'markdown'; source: string }[] {
  return [
    {
      cell_type: 'markdown',
      source: trans.__(
        'GPU memory of every notebook of this server, from outside of their kernels. Run the cells.'
      )
    },
    {
      cell_type: 'code',
      source:
        'const { room } = await import(\n' +
        '  Deno.env.get("JUPYTERLAB_VRAM_ROOM") ?? "npm:jupyterlab-vram/deno"\n' +
        ');\nawait room.show();'
    },
    { cell_type: 'code', source: 'await room.watch({ seconds: 60 });' },
    {
      cell_type: 'code',
      source: `// ${trans.__('Name a notebook of yours')}\nawait room.holders("train.ipynb");`
    },
    {
      cell_type: 'code',
      source:
        'await room.clear("train.ipynb", { release: ["outputs", "tracebacks"] });'
    }
  ];
}
