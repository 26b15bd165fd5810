import type {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { CommandIDs } from './tokens';

/** The kernelspec that the Python package brings. */
const KERNEL = 'vram-room';

/** A command that opens a notebook outside of every Python process. */
export const roomPlugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyterlab-vram:room',
  description: 'Adds a command that opens a control room for all kernels.',
  autoStart: true,
  optional: [ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    palette: ICommandPalette | null,
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
  }
};

async function openRoom(
  app: JupyterFrontEnd,
  trans: TranslationBundle
): Promise<void> {
  const specs = app.serviceManager.kernelspecs.specs?.kernelspecs ?? {};
  if (!(KERNEL in specs)) {
    Notification.warning(
      trans.__(
        'The control room needs Deno beside JupyterLab: run %1, then reload the page.',
        'pip install "jupyterlab-vram[deno]"'
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
