import type { ISessionContext } from '@jupyterlab/apputils';
import type { Kernel, KernelSpec, Session } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import type {
  IGpuProcess,
  IStopReport,
  ISurvey
} from '../../core/wire/generated';
import { stopQuery, surveyQuery } from '../../kernel/processrequests';
import { RefusedError } from '../../kernel/query';
import type { IServerKernels, IServerKernel, IPendingStop } from './tokens';
import type { Connect } from './readonce';
import { SingleReads } from './readonce';
import type { IPresenceOptions } from './presence';
import { Presence } from './presence';
import { ProcessSource } from './processsource';
import { runningKernels } from './runningkernels';
import type { ISettingsSource } from '../settings';
import type { IMonitor, IMonitors, IWatchedMonitor } from '../tokens';

const TICK_MS = 1000;

/**
 * All Python kernels of the server, and all processes on its GPUs.
 *
 * A kernel that is open in this page is watched while a view shows it: its agent
 * is attached by one request, and pushes. One that is open elsewhere only is
 * asked once. One that no client is connected to is asked when the user says so,
 * and knows what it costs (`Presence`).
 */
export class ServerKernels implements IServerKernels, IDisposable {
  constructor(options: ServerKernels.IOptions) {
    this._options = options;
    this._presence = new Presence(options);
    this._reads = new SingleReads(options.connect);
    this._reporter.changed.connect(this._onSurveyed, this);
  }

  get changed(): ISignal<IServerKernels, void> {
    return this._changed;
  }

  get kernels(): readonly IServerKernel[] {
    return this._kernels;
  }

  get survey(): ISurvey | null {
    return this._reporter.survey;
  }

  get hasReporter(): boolean {
    return this._reporter.hasReporter;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  surveyAgeMs(nowMs: number): number | null {
    return this._reporter.ageMs(nowMs);
  }

  isSurveyStale(nowMs: number): boolean {
    return this._reporter.isStale(nowMs);
  }

  pendingStop(identity: string): IPendingStop | null {
    return this._pending.get(identity) ?? null;
  }

  setLooking(isLooking: boolean): void {
    if (this._isLooking === isLooking || this._isDisposed) {
      return;
    }
    this._isLooking = isLooking;
    const { monitors } = this._options;
    const signals = [
      this._options.sessions.runningChanged,
      this._options.kernels.runningChanged,
      this._options.documents.changed,
      this._options.source.settingsChanged
    ] as ISignal<unknown, unknown>[];
    if (isLooking) {
      signals.forEach(signal => signal.connect(this._update, this));
      monitors.touched.connect(this._onTouched, this);
      this._tick = setInterval(() => this._choose(), TICK_MS);
      this._update();
      this._readOthersOnce();
    } else {
      signals.forEach(signal => signal.disconnect(this._update, this));
      monitors.touched.disconnect(this._onTouched, this);
      clearInterval(this._tick);
      this._rest();
    }
  }

  async readOnce(kernelId: string, isMeant = true): Promise<void> {
    if (await this._mayConnect(kernelId, isMeant)) {
      await this._read(kernelId, 'read');
    }
  }

  async clear(kernelId: string): Promise<string | null> {
    const monitor = this._options.monitors.monitorOf(kernelId);
    if (monitor) {
      return monitor.clearQuietly();
    }
    if (!(await this._mayConnect(kernelId, true))) {
      return null;
    }
    await this._read(kernelId, 'clear');
    const failure = this._reads.get(kernelId)?.failure ?? null;
    if (failure !== null) {
      throw new RefusedError(
        failure === 'no-answer'
          ? trans => trans.__('The kernel gave no answer.')
          : failure
      );
    }
    return null;
  }

  async stop(process: IGpuProcess, force: boolean): Promise<IStopReport> {
    const { source } = this._reporter;
    if (!source || source.isDisposed || process.identity === null) {
      throw new RefusedError(trans =>
        trans.__('The kernel that listed this process is gone.')
      );
    }
    const { pid, identity } = process;
    const report = await source.ask(stopQuery(pid, identity, force));
    if (report.hasEnded) {
      this._pending.delete(identity);
    } else {
      const mayKillMs = Date.now() + report.graceSeconds * 1000;
      const known = this._pending.get(identity);
      this._pending.set(identity, known ?? { mayKillMs });
    }
    this._emitChanged();
    const { leftoverBytes } = this._options.source.settings;
    const survey = await source.ask(surveyQuery(leftoverBytes));
    this._reporter.take(source, survey);
    return report;
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this.setLooking(false);
    this._isDisposed = true;
    this._reporter.dispose();
    Signal.clearData(this);
  }

  private async _mayConnect(id: string, isMeant: boolean): Promise<boolean> {
    const kernel = this._kernels.find(each => each.kernelId === id);
    return kernel ? this._presence.mayConnect(kernel, isMeant) : false;
  }

  private async _read(id: string, op: 'read' | 'clear'): Promise<void> {
    const model = this._models.get(id);
    if (model && !this._options.monitors.monitorOf(id)) {
      const asking = this._reads.ask(model, op);
      this._update();
      await asking;
      this._update();
    }
  }

  /** See which kernels there are; watch those that are open in this page. */
  private _update(): void {
    const { monitors, documents } = this._options;
    documents.contexts().forEach(context => monitors.follow(context));
    const running = runningKernels(this._options);
    this._models = new Map(running.map(each => [each.model.id, each.model]));
    this._reads.keep(new Set(this._models.keys()));
    this._kernels = running.map(({ model, names, path, type }) => ({
      kernelId: model.id,
      names,
      path,
      sessionType: type,
      state: model.execution_state ?? 'unknown',
      lastActivityMs: timeOf(model.last_activity),
      connections: model.connections ?? 0,
      monitor: monitors.monitorOf(model.id),
      lastRead: this._reads.get(model.id),
      isBeingAsked: this._reads.isAsking(model.id)
    }));
    if (this._isLooking) {
      this._choose();
      this._watchAll();
    }
    this._emitChanged();
  }

  /** Before any monitor is woken, so that one request says all. */
  private _choose(): void {
    const { monitors, source } = this._options;
    const active = monitors.target.monitor?.kernelId;
    const rank = (each: IMonitor): number => (each.kernelId === active ? 0 : 1);
    const candidates = this._monitors().sort((a, b) => rank(a) - rank(b));
    const { leftoverBytes } = source.settings;
    this._reporter.choose(candidates, leftoverBytes, Date.now());
  }

  private _watchAll(): void {
    this._monitors().forEach(monitor => {
      if (!this._watched.has(monitor)) {
        this._watched.add(monitor);
        monitor.changed.connect(this._emitChanged, this);
        monitor.wake();
      }
    });
  }

  private _onTouched(): void {
    this._watched.forEach(monitor => monitor.renew());
  }

  private _rest(): void {
    const { monitors } = this._options;
    this._watched.forEach(monitor => {
      monitor.changed.disconnect(this._emitChanged, this);
      if (!monitor.isDisposed && !monitors.wasActive(monitor.kernelId)) {
        monitor.sleep();
      }
    });
    this._watched.clear();
    this._reporter.rest(); // Last: who was told to stop pushing need not be told more.
  }

  /** Ask, once, who is open elsewhere and has been at work since. */
  private _readOthersOnce(): void {
    for (const kernel of this._kernels) {
      const askedMs = kernel.lastRead?.takenMs ?? 0;
      const isNews = (kernel.lastActivityMs ?? Infinity) > askedMs;
      if (!kernel.monitor && kernel.connections > 0 && isNews) {
        void this.readOnce(kernel.kernelId, false);
      }
    }
  }

  private _monitors(): IWatchedMonitor[] {
    const { monitors } = this._options;
    return this._kernels.flatMap(
      ({ kernelId }) => monitors.monitorOf(kernelId) ?? []
    );
  }

  private _onSurveyed(): void {
    const processes = this.survey?.processes ?? [];
    const listed = new Set(processes.map(process => process.identity));
    for (const identity of this._pending.keys()) {
      if (!listed.has(identity)) {
        this._pending.delete(identity);
      }
    }
    this._emitChanged();
  }

  private _emitChanged(): void {
    if (!this._isDisposed) {
      this._changed.emit();
    }
  }

  private readonly _options: ServerKernels.IOptions;
  private readonly _presence: Presence;
  private readonly _reads: SingleReads;
  private readonly _reporter = new ProcessSource();
  private readonly _watched = new Set<IWatchedMonitor>();
  private readonly _pending = new Map<string, IPendingStop>();
  private _models = new Map<string, Kernel.IModel>();
  private _kernels: IServerKernel[] = [];
  private _isLooking = false;
  private _isDisposed = false;
  private _tick: ReturnType<typeof setInterval> | undefined;
  private readonly _changed = new Signal<IServerKernels, void>(this);
}

/** A namespace for `ServerKernels` statics. */
export namespace ServerKernels {
  /** The notebooks and consoles that are open in this page. */
  export interface IDocuments {
    contexts(): readonly ISessionContext[];
    readonly changed: ISignal<unknown, unknown>;
  }

  /** What they are made from. */
  export interface IOptions extends IPresenceOptions {
    readonly monitors: IMonitors;
    readonly sessions: Pick<Session.IManager, 'running' | 'runningChanged'>;
    readonly kernels: Pick<Kernel.IManager, 'running' | 'runningChanged'>;
    readonly kernelspecs: Pick<KernelSpec.IManager, 'specs'>;
    readonly documents: IDocuments;
    readonly source: ISettingsSource;
    readonly connect: Connect;
  }
}

function timeOf(date: string | undefined): number | null {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? null : time;
}
