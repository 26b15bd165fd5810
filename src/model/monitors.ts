import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type { ICellRecord } from '../core/wire/generated';
import type { ITranslate } from '../core/text/translation';
import type { IWarning } from '../core/leaks/warnings/warning';
import { Monitor } from './monitor';
import type { ISettingsSource } from './settings';
import type {
  IActiveTarget,
  IFinishedCell,
  IMonitor,
  IMonitors,
  IRaisedWarning,
  IWatchedMonitor
} from './tokens';

/** A notebook or a console: something with a name and a kernel. */
export interface IKernelDocument {
  readonly title: string;
  readonly sessionContext: ISessionContext;
}

/**
 * One monitor for each kernel that was ever active in this page, however many
 * notebooks share it.
 */
export class Monitors implements IMonitors, IDisposable {
  constructor(options: Monitors.IOptions) {
    this._options = options;
  }

  get target(): IActiveTarget {
    const kernel = this._active?.sessionContext.session?.kernel;
    return {
      title: this._active?.title ?? '',
      monitor: kernel ? (this._monitors.get(kernel.id) ?? null) : null,
      hasDocument: this._active !== null
    };
  }

  get targetChanged(): ISignal<IMonitors, void> {
    return this._targetChanged;
  }

  get warningRaised(): ISignal<IMonitors, IRaisedWarning> {
    return this._warningRaised;
  }

  get cellFinished(): ISignal<IMonitors, IFinishedCell> {
    return this._cellFinished;
  }

  get touched(): ISignal<IMonitors, void> {
    return this._touched;
  }

  get messageRejected(): ISignal<IMonitors, string> {
    return this._messageRejected;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  monitorOf(kernelId: string): IWatchedMonitor | null {
    return this._monitors.get(kernelId) ?? null;
  }

  wasActive(kernelId: string): boolean {
    return this._everActive.has(kernelId);
  }

  follow(context: ISessionContext): void {
    if (!this._contexts.has(context) && !context.isDisposed) {
      this._follow(context);
    }
  }

  setLooking(isLooking: boolean): void {
    if (this._isLooking === isLooking) {
      return;
    }
    this._isLooking = isLooking;
    if (isLooking) {
      this._wakeActive();
    } else {
      this._monitors.forEach(monitor => monitor.sleep());
    }
  }

  /** Say that a person does something in the page; cheap enough for every key. */
  touch(): void {
    if (this._isLooking) {
      this._activeMonitor()?.renew();
      this._touched.emit();
    }
  }

  /** The page goes away, and every agent is told in this very moment; or it is back as it was. */
  setAway(isAway: boolean): void {
    this._monitors.forEach(monitor => monitor.setAway(isAway));
  }

  /** Follow `document`, or nothing; a monitor is made when its kernel is there. */
  activate(document: IKernelDocument | null): void {
    this._active = document;
    if (document) {
      this.follow(document.sessionContext);
    }
    if (this._isLooking) {
      this._wakeActive();
    }
    this._targetChanged.emit();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._contexts.forEach(context => this._unfollow(context));
    this._monitors.forEach(monitor => monitor.dispose());
    this._monitors.clear();
    Signal.clearData(this);
  }

  private _wakeActive(): void {
    const monitor = this._activeMonitor();
    if (monitor) {
      this._everActive.add(monitor.kernelId);
      monitor.wake();
    }
  }

  private _activeMonitor(): Monitor | undefined {
    const kernel = this._active?.sessionContext.session?.kernel;
    return kernel ? this._monitors.get(kernel.id) : undefined;
  }

  private _follow(context: ISessionContext): void {
    this._contexts.add(context);
    context.kernelChanged.connect(this._onKernelChanged, this);
    context.disposed.connect(this._onContextDisposed, this);
    if (context.session?.kernel) {
      this._acquire(context.session.kernel);
    }
  }

  private _unfollow(context: ISessionContext): void {
    this._contexts.delete(context);
    context.kernelChanged.disconnect(this._onKernelChanged, this);
    context.disposed.disconnect(this._onContextDisposed, this);
  }

  private _acquire(kernel: Kernel.IKernelConnection): void {
    const known = this._monitors.get(kernel.id);
    if (known) {
      known.connections.add(kernel);
    } else {
      const monitor = new Monitor({
        ...this._options,
        kernel,
        report: this._report
      });
      monitor.warningRaised.connect(this._onWarningRaised, this);
      monitor.cellFinished.connect(this._onCellFinished, this);
      this._monitors.set(kernel.id, monitor);
    }
    kernel.disposed.connect(this._onKernelDisposed, this);
  }

  private _release(kernel: Kernel.IKernelConnection): void {
    kernel.disposed.disconnect(this._onKernelDisposed, this);
    const monitor = this._monitors.get(kernel.id);
    if (monitor && !monitor.connections.remove(kernel)) {
      this._monitors.delete(kernel.id);
      monitor.dispose();
    }
  }

  private _onKernelChanged(
    context: ISessionContext,
    change: Session.ISessionConnection.IKernelChangedArgs
  ): void {
    if (change.oldValue) {
      this._release(change.oldValue);
    }
    if (change.newValue) {
      this._acquire(change.newValue);
    }
    if (context === this._active?.sessionContext) {
      this.activate(this._active);
    }
  }

  private _onKernelDisposed(kernel: Kernel.IKernelConnection): void {
    this._release(kernel);
    this._targetChanged.emit();
  }

  private _onContextDisposed(context: ISessionContext): void {
    this._unfollow(context);
    if (context === this._active?.sessionContext) {
      this.activate(null);
    }
  }

  private _onWarningRaised(monitor: IMonitor, warning: IWarning): void {
    this._warningRaised.emit({ monitor, warning });
  }

  private _onCellFinished(monitor: IMonitor, record: ICellRecord): void {
    this._cellFinished.emit({ monitor, record });
  }

  private readonly _report = (reason: string): void => {
    this._messageRejected.emit(reason);
  };

  private readonly _options: Monitors.IOptions;
  private _active: IKernelDocument | null = null;
  private readonly _contexts = new Set<ISessionContext>();
  private readonly _monitors = new Map<string, Monitor>();
  /** The kernels that were active while a view showed them. */
  private readonly _everActive = new Set<string>();
  private _isLooking = false;
  private _isDisposed = false;
  private readonly _targetChanged = new Signal<IMonitors, void>(this);
  private readonly _warningRaised = new Signal<IMonitors, IRaisedWarning>(this);
  private readonly _cellFinished = new Signal<IMonitors, IFinishedCell>(this);
  private readonly _touched = new Signal<IMonitors, void>(this);
  private readonly _messageRejected = new Signal<IMonitors, string>(this);
}

/** A namespace for `Monitors` statics. */
export namespace Monitors {
  /** What monitors are made from. */
  export interface IOptions {
    readonly source: ISettingsSource;
    readonly viewer: string;
    readonly translate: ITranslate;
  }
}
