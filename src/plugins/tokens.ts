import type { ConsolePanel } from '@jupyterlab/console';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { Token } from '@lumino/coreutils';
import type { ISignal } from '@lumino/signaling';
import type * as React from 'react';

import type { IActiveTarget } from '../model/tokens';

/** A document that has a kernel and takes cells. */
export type KernelWidget = NotebookPanel | ConsolePanel;

/** The notebook or console that was used last. */
export interface IActiveDocument {
  readonly current: KernelWidget | null;
  /** The open document with this kernel, `current` if that is one; null if none is open. */
  ofKernel(kernelId: string): KernelWidget | null;
  /** The open document whose widget has this id; null once it is closed. */
  withId(id: string): KernelWidget | null;
  /** Emitted when `current`, or its title, has changed. */
  readonly changed: ISignal<IActiveDocument, void>;
}

/** The token for `IActiveDocument`. */
export const IActiveDocument = new Token<IActiveDocument>(
  'jupyterlab-vram:IActiveDocument',
  'A service that knows the notebook or console that was used last.'
);

/** What the panel shows of out-of-memory errors. */
export interface IExplanations {
  /** Emitted when there is something else to show. */
  readonly changed: ISignal<IExplanations, void>;
  /** The explanation of the latest error of the active kernel; null if there is none. */
  latest(target: IActiveTarget): React.JSX.Element | null;
  /** A box to paste any error; null while it is being loaded. */
  pasteBox(): React.JSX.Element | null;
}

/** The token for `IExplanations`. */
export const IExplanations = new Token<IExplanations>(
  'jupyterlab-vram:IExplanations',
  'A service that explains out-of-memory errors.'
);

/** The commands of this extension. */
export namespace CommandIDs {
  export const open = 'jupyterlab-vram:open-panel';
  export const clear = 'jupyterlab-vram:clear-memory';
  export const findHolders = 'jupyterlab-vram:find-holders';
  export const release = 'jupyterlab-vram:release-memory';
  export const insertSnippet = 'jupyterlab-vram:insert-snippet';
  export const explain = 'jupyterlab-vram:explain-error';
  export const insertCode = 'jupyterlab-vram:insert-code';
  export const newRoom = 'jupyterlab-vram:new-control-room';
  export const retry = 'jupyterlab-vram:retry';
  export const usePractice = 'jupyterlab-vram:use-practice-device';
}
