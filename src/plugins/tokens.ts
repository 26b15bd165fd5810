import type { ConsolePanel } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';

/** A document that has a kernel and takes cells. */
export type KernelWidget = NotebookPanel | ConsolePanel;

/** The notebook or console that was used last. */
export interface IActiveDocument {
  readonly current: KernelWidget | null;
  /** Emitted when `current`, or its title, has changed. */
  readonly changed: ISignal<IActiveDocument, void>;
}

/** The token for `IActiveDocument`. */
export const IActiveDocument = new Token<IActiveDocument>(
  'jupyterlab-vram:IActiveDocument',
  'A service that knows the notebook or console that was used last.'
);

/** The commands of this extension. */
export namespace CommandIDs {
  export const open = 'jupyterlab-vram:open-panel';
  export const clear = 'jupyterlab-vram:clear-memory';
  export const findHolders = 'jupyterlab-vram:find-holders';
  export const release = 'jupyterlab-vram:release-memory';
  export const insertSnippet = 'jupyterlab-vram:insert-snippet';
  export const retry = 'jupyterlab-vram:retry';
  export const usePractice = 'jupyterlab-vram:use-practice-device';
}
