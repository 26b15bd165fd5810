import {
  nullTranslator,
  type ITranslator,
  type TranslationBundle
} from '@jupyterlab/translation';
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type { ISignal } from '@lumino/signaling';
import { flushSync } from 'react-dom';

import type { IActiveTarget, IMonitor } from '../../model/tokens';

/** Tells what the views are about. */
export interface ITargetSource {
  readonly target: IActiveTarget;
  /** Emitted when `target` is another one. */
  readonly targetChanged: ISignal<unknown, unknown>;
}

/** A widget that is drawn anew whenever its target or the target's monitor changes. */
export abstract class Follower extends ReactWidget {
  constructor(source: ITargetSource, translator?: ITranslator) {
    super();
    this.source = source;
    this.trans = (translator ?? nullTranslator).load('jupyterlab_vram');
    source.targetChanged.connect(this._onTargetChanged, this);
    this._follow(source.target.monitor);
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.source.targetChanged.disconnect(this._onTargetChanged, this);
      this._follow(null);
      super.dispose();
    }
  }

  /**
   * Draws at once and in one piece: React would do it later and in parts, each
   * with what the monitor says by then, and figures of two moments would stand
   * side by side.
   */
  protected override onUpdateRequest(message: Message): void {
    flushSync(() => super.onUpdateRequest(message));
  }

  protected readonly source: ITargetSource;
  protected readonly trans: TranslationBundle;

  /** Called after a change; draws. */
  protected refresh(): void {
    this.update();
  }

  private _onTargetChanged(): void {
    this._follow(this.source.target.monitor);
    this.refresh();
  }

  private _follow(monitor: IMonitor | null): void {
    this._monitor?.changed.disconnect(this.refresh, this);
    this._monitor = monitor;
    monitor?.changed.connect(this.refresh, this);
  }

  private _monitor: IMonitor | null = null;
}
