import type { ISessionContext } from '@jupyterlab/apputils';
import type { Session } from '@jupyterlab/services';

import type { IKernelDocument } from '../../src/model/monitors';
import type { FakeConnection } from '../kernel/connection';
import { CountedSignal } from '../kernel/connection';

type KernelChange = Session.ISessionConnection.IKernelChangedArgs;

/** The session of one notebook or console, whose kernel a test changes. */
export class FakeContext {
  constructor(connection: FakeConnection | null = null) {
    this._connection = connection;
  }

  readonly path = 'finetune.ipynb';
  /** The kernels that the server offers. */
  readonly specsManager = {
    specs: {
      kernelspecs: {
        'julia-1.11': { language: 'Julia' },
        python3: { language: 'python' }
      }
    }
  };
  /** What the document itself says of the kernel that it wants. */
  kernelPreference: { name?: string; language?: string } = {};
  readonly iopubMessage = new CountedSignal<this, unknown>(this);
  readonly statusChanged = new CountedSignal<this, string>(this);
  readonly kernelChanged = new CountedSignal<this, KernelChange>(this);
  readonly disposed = new CountedSignal<this, void>(this);

  get session(): { kernel: FakeConnection | null } | null {
    return this._connection && { kernel: this._connection };
  }

  /** This context, as the code under test knows it. */
  get context(): ISessionContext {
    return this as unknown as ISessionContext;
  }

  get listeners(): number {
    return this.kernelChanged.listeners + this.disposed.listeners;
  }

  setKernel(connection: FakeConnection | null): void {
    const oldValue = this._connection?.kernel ?? null;
    const newValue = connection?.kernel ?? null;
    this._connection = connection;
    this.kernelChanged.emit({ name: 'kernel', oldValue, newValue });
  }

  /** As JupyterLab does it: the connection to the kernel goes with it. */
  dispose(): void {
    this._connection?.dispose();
    this._connection = null;
    this.disposed.emit();
  }

  private _connection: FakeConnection | null;
}

/** A notebook with that session. */
export function documentOf(
  context: FakeContext,
  title = 'finetune.ipynb'
): IKernelDocument {
  return { title, sessionContext: context.context };
}
