import type { Sentence } from '../core/text/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';

import { LeakWatch } from '../core/leaks/leakwatch';
import type {
  IAgentMessage,
  ICellRecord,
  IReading,
  IRunningCell,
  ISurvey
} from '../core/wire/generated';
import type { ITranslate } from '../core/text/translation';
import type { IWarning } from '../core/leaks/warnings/warning';
import type { IQuery } from '../kernel/query';
import { Timer } from './timer';
import { Attachment } from './attachment';
import { Boots } from './boots';
import { KernelState } from './kernelstate';
import type { ICleared } from './cleared';
import type { Connections } from './connections';
import type { IHoldingsLook } from './holdings';
import { OnDemand } from './ondemand';
import { CoalescedSignal } from './coalescedsignal';
import { longestPauseMs } from './staleness';
import type { ISettingsSource } from './settings';
import type { ISample, IWatchedMonitor, MonitorStatus } from './tokens';

/** One kernel's GPU memory, from what its agent pushes. */
export class Monitor implements IWatchedMonitor {
  constructor(options: Monitor.IOptions) {
    this.kernelId = options.kernel.id;
    this._source = options.source;
    this._report = options.report;
    const { thresholds } = options.source.settings;
    this._watch = new LeakWatch(thresholds, options.translate);
    this._attachment = new Attachment(options);
    this._onDemand = new OnDemand(
      this._attachment.connections,
      message => this._onMessage(this, message),
      () => this._changed.emit()
    );
    this._attachment.changed.connect(this._onAttachmentChanged, this);
    this._attachment.messageReceived.connect(this._onMessage, this);
    this._attachment.messageRejected.connect(this._onRejected, this);
    this._source.settingsChanged.connect(this._onSettingsChanged, this);
  }

  readonly kernelId: string;

  get holdings(): IHoldingsLook {
    return this._onDemand.holdings;
  }

  get changed(): ISignal<this, void> {
    return this._changed.signal;
  }

  get cellFinished(): ISignal<this, ICellRecord> {
    return this._cellFinished;
  }

  get warningRaised(): ISignal<this, IWarning> {
    return this._warningRaised;
  }

  get surveyed(): ISignal<this, ISurvey> {
    return this._surveyed;
  }

  get status(): MonitorStatus {
    return this._attachment.status;
  }

  get failure(): Sentence | null {
    return this._attachment.failure;
  }

  get busy(): boolean {
    // Of a page that was loaded while a cell runs, only the agent knows of it.
    const isUnknown = this.connections.kernel.status === 'unknown';
    return this._attachment.busy || (isUnknown && this.running !== null);
  }

  get reading(): IReading | null {
    return this._state.reading;
  }

  get running(): IRunningCell | null {
    return this._state.running;
  }

  get records(): readonly ICellRecord[] {
    return this._state.records;
  }

  get warnings(): readonly IWarning[] {
    return this._watch.warnings;
  }

  get snoozedCount(): number {
    return this._watch.snoozedCount;
  }

  get cleared(): ICleared | null {
    return this._onDemand.cleared;
  }

  get isDisposed(): boolean {
    return this._attachment.isDisposed;
  }

  ageMs(nowMs: number): number | null {
    const takenMs = this.reading && this.toBrowserMs(this.reading.timeSeconds);
    return takenMs === null ? null : Math.max(0, nowMs - takenMs);
  }

  isStale(nowMs: number): boolean {
    const ageMs = this.ageMs(nowMs);
    if (ageMs === null) {
      return false;
    }
    if (this.status !== 'attached') {
      return true;
    }
    // While it was idle there was nothing to say.
    const silentMs = Math.min(ageMs, nowMs - this._busySinceMs);
    return this.busy && silentMs > this._longestPauseMs(nowMs);
  }

  samples(deviceId: string): readonly ISample[] {
    return this._state.samples(deviceId);
  }

  toBrowserMs(kernelSeconds: number): number {
    return this._state.toBrowserMs(kernelSeconds);
  }

  snooze(warningId: string): void {
    this._watch.snooze(warningId, Date.now() + this._source.settings.snoozeMs);
    this._timer.set(this._watch.nextTickMs);
    this._changed.emit();
  }

  unsnoozeAll(): void {
    this._watch.unsnoozeAll();
    this._changed.emit();
  }

  retry(): void {
    this._attachment.retry();
  }

  wake(): void {
    this._attachment.wake();
  }

  sleep(): void {
    this._attachment.sleep();
  }

  renew(): void {
    this._attachment.renew();
  }

  setAway(isAway: boolean): void {
    this._attachment.setAway(isAway);
  }

  tellProcesses(leftoverBytes: number | null): void {
    this._attachment.tellProcesses(leftoverBytes);
  }

  /** To which others may be added. */
  get connections(): Connections {
    return this._attachment.connections;
  }

  async ask<T>(question: IQuery<T>): Promise<T> {
    return this._onDemand.ask(question);
  }

  async clearQuietly(): Promise<string | null> {
    return this._onDemand.clear({ op: 'clear' });
  }

  async release(preview: string): Promise<string | null> {
    return this._onDemand.clear({ op: 'clear', shown: preview });
  }

  noteCleared(record: ICellRecord): void {
    this._onDemand.noteCleared(record);
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._timer.dispose();
      this._boots.dispose();
      this._source.settingsChanged.disconnect(this._onSettingsChanged, this);
      this._attachment.dispose();
      Signal.clearData(this);
    }
  }

  private _longestPauseMs(nowMs: number): number {
    const startedSeconds = this.running?.startedSeconds;
    const { pushIntervalMs } = this._source.settings;
    const startedMs = startedSeconds && this.toBrowserMs(startedSeconds);
    return longestPauseMs(startedMs ? nowMs - startedMs : 0, pushIntervalMs);
  }

  private _onMessage(_: unknown, message: IAgentMessage): void {
    this._boots.take(message);
  }

  private _hear(message: IAgentMessage): void {
    const nowMs = Date.now();
    const added = this._state.add(message, nowMs);
    this._onDemand.noteMessage(message, this.records[this.records.length - 1]);
    added.forEach(record => this._cellFinished.emit(record));
    this._onDemand.observe(message, added);
    if (message.survey) {
      this._surveyed.emit(message.survey);
    }
    this._judge(() => this._watch.observe(message, nowMs));
    this._changed.emit();
  }

  /** Judge anew, and raise the warnings that appear with it. */
  private _judge(judge: () => void): void {
    const known = new Set(this._watch.warnings.map(warning => warning.id));
    judge();
    for (const warning of this._watch.warnings) {
      if (!known.has(warning.id)) {
        this._warningRaised.emit(warning);
      }
    }
  }

  private _onTick(): void {
    this._watch.tick(Date.now());
    this._timer.set(this._watch.nextTickMs);
    this._changed.emit();
  }

  /** The kernel restarted: nothing of the old process is true any more. */
  private _forget(): void {
    this._state = new KernelState();
    this._onDemand.forget();
    this._watch.reset();
  }

  private _onAttachmentChanged(): void {
    if (this.busy !== this._wasBusy) {
      this._wasBusy = this.busy;
      this._busySinceMs = Date.now();
    }
    if (this.status === 'restarting' || this.status === 'dead') {
      this._forget();
    }
    this._changed.emit();
  }

  private _onRejected(_: Attachment, reason: string): void {
    this._report(reason);
  }

  private _onSettingsChanged(): void {
    const { thresholds } = this._source.settings;
    this._judge(() => this._watch.setThresholds(thresholds));
    this._changed.emit();
  }

  private readonly _source: ISettingsSource;
  private readonly _report: (reason: string) => void;
  private readonly _attachment: Attachment;
  private readonly _watch: LeakWatch;
  private readonly _timer = new Timer(() => this._onTick());
  private readonly _boots = new Boots(
    each => this._hear(each),
    () => this._forget()
  );
  private _state = new KernelState();
  private readonly _onDemand: OnDemand;
  private _wasBusy = false;
  private _busySinceMs = 0;
  private readonly _changed = new CoalescedSignal<this>(this);
  private readonly _cellFinished = new Signal<this, ICellRecord>(this);
  private readonly _warningRaised = new Signal<this, IWarning>(this);
  private readonly _surveyed = new Signal<this, ISurvey>(this);
}

/** A namespace for `Monitor` statics. */
export namespace Monitor {
  /** What a monitor is made from. */
  export interface IOptions extends Attachment.IOptions {
    readonly translate: ITranslate;
    /** Takes the reason whenever a message from the kernel is rejected. */
    readonly report: (reason: string) => void;
  }
}
