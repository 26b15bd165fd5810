import type { IStateDB } from '@jupyterlab/statedb';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { IFolds } from '../views/shared/folds';

const KEY = 'jupyterlab-vram:folds';

/** Remembers folds in JupyterLab's state database, which is one for each workspace. */
export class Folds implements IFolds {
  constructor(private readonly _database: IStateDB | null) {}

  /** Emitted after a section was folded or unfolded, or what was saved is known. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  isOpen(sectionId: string): boolean | null {
    return this._folds.get(sectionId) ?? null;
  }

  set(sectionId: string, isOpen: boolean): void {
    this._folds.set(sectionId, isOpen);
    // A fold that can't be kept is not worth an error.
    this._database
      ?.save(KEY, Object.fromEntries(this._folds))
      .catch(() => undefined);
    this._changed.emit();
  }

  /** Read what was saved; what a person has done meanwhile counts more. */
  async load(): Promise<void> {
    const saved = await this._database?.fetch(KEY).catch(() => undefined);
    if (typeof saved !== 'object' || saved === null) {
      return;
    }
    for (const [sectionId, isOpen] of Object.entries(saved)) {
      if (typeof isOpen === 'boolean' && !this._folds.has(sectionId)) {
        this._folds.set(sectionId, isOpen);
      }
    }
    this._changed.emit();
  }

  private readonly _folds = new Map<string, boolean>();
  private readonly _changed = new Signal<this, void>(this);
}
