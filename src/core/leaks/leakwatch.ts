import { CacheRule } from './rules/cached';
import { FragmentationRule } from './rules/fragmentation';
import { GrowthRule } from './rules/growth';
import { HeadroomRule } from './rules/headroom';
import { NotFreedRule } from './rules/notfreed';
import type { IAgentMessage } from '../wire/generated';
import type { IFinishedRun, IRule, IRuleContext } from './rules/rule';
import { RunLog } from './rules/runlog';
import { Snoozes } from './snoozes';
import type { ITranslate } from '../text/translation';
import type { IThresholds, IWarning } from './warnings/warning';

/**
 * Says what is wrong with one kernel's GPU memory.
 *
 * It is fed every message of the kernel's agent and keeps a bounded state. A
 * warning appears when its rule finds a cause and goes away with the cause;
 * time passes only through `observe` and `tick`.
 */
export class LeakWatch {
  constructor(thresholds: IThresholds, trans: ITranslate) {
    this._thresholds = thresholds;
    this._trans = trans;
    this._rules = this._makeRules();
  }

  /** What is wrong now, without what is snoozed. */
  get warnings(): readonly IWarning[] {
    return this._visible;
  }

  /** Warnings that would be shown if they were not snoozed. */
  get snoozedCount(): number {
    return this._active.length - this._visible.length;
  }

  /** When `tick` is due next, in the caller's milliseconds; null when it is not. */
  get nextTickMs(): number | null {
    return this._snoozes.nextEndMs;
  }

  /** Apply other thresholds to what was seen so far. */
  setThresholds(thresholds: IThresholds): void {
    this._thresholds = thresholds;
    this._replay();
    this._update();
  }

  /**
   * Take one message.
   *
   * A new boot starts from nothing. Of one boot, a message that a newer one has
   * overtaken says nothing of the present; the cells that it tells of did run,
   * and count. An answer of an agent that could not start has no boot, and says
   * nothing.
   *
   * @param nowMs the caller's clock, which `snooze` and `tick` must share
   */
  observe(message: IAgentMessage, nowMs: number): void {
    this._nowMs = nowMs;
    if (message.boot !== '') {
      this._take(message);
    }
    this._update();
  }

  /** Let time pass: snoozes may be over. */
  tick(nowMs: number): void {
    this._nowMs = nowMs;
    this._update();
  }

  /** Hide a warning until `untilMs`, or until twice the bytes are at stake. */
  snooze(id: string, untilMs: number): void {
    const warning = this._active.find(each => each.id === id);
    if (warning !== undefined) {
      this._snoozes.add(warning, untilMs);
      this._update();
    }
  }

  /** Show snoozed warnings again. */
  unsnoozeAll(): void {
    this._snoozes.clear();
    this._update();
  }

  /** Forget everything, as for another kernel. */
  reset(): void {
    this._boot = null;
    this._sequence = -1;
    this._latest = null;
    this._log = new RunLog();
    this._rules = this._makeRules();
    this._snoozes.clear();
    this._update();
  }

  private _take(message: IAgentMessage): void {
    if (message.boot !== this._boot) {
      this.reset();
      this._boot = message.boot;
    }
    const isNew = message.sequence > this._sequence;
    // A reading that failed says nothing about what was wrong before.
    const isReadable = isNew && message.reading.state !== 'error';
    if (isNew) {
      this._sequence = message.sequence;
    }
    if (isReadable) {
      this._latest = message;
    }
    this._addRuns(message);
    if (isReadable) {
      this._rules.forEach(rule => rule.addReading(message));
    }
  }

  private _addRuns(message: IAgentMessage): void {
    const runs: IFinishedRun[] = message.records.map(record => ({
      record,
      devices: null
    }));
    if (message.finished !== null) {
      const { reading, running } = message;
      const isItsEnd = reading.state !== 'error' && running === null;
      const devices = isItsEnd ? reading.devices : null;
      runs.push({ record: message.finished, devices });
    }
    const added = runs.map(run => ({ run, place: this._log.add(run) }));
    if (added.some(({ place }) => place === 'late')) {
      this._replay();
      return;
    }
    for (const { run, place } of added) {
      if (place === 'latest') {
        this._rules.forEach(rule => rule.addRun(run));
      }
    }
  }

  /** Judge all that is known from the beginning. */
  private _replay(): void {
    const latest = this._latest;
    this._rules = this._makeRules();
    for (const rule of this._rules) {
      for (const run of this._log) {
        rule.addRun(run);
      }
      if (latest !== null) {
        rule.addReading(latest);
      }
    }
  }

  private _makeRules(): IRule[] {
    const context: IRuleContext = {
      thresholds: this._thresholds,
      trans: this._trans,
      totalBytes: id => this._device(id)?.totalBytes ?? null
    };
    return [
      new NotFreedRule(context),
      new GrowthRule(context),
      new HeadroomRule(context),
      new FragmentationRule(context),
      new CacheRule(context)
    ];
  }

  private _device(id: string): { totalBytes: number | null } | undefined {
    return this._latest?.reading.devices.find(device => device.id === id);
  }

  private _update(): void {
    this._active = this._rules
      .flatMap(rule => rule.warnings())
      .filter(warning => this._device(warning.device) !== undefined);
    this._snoozes.update(this._active, this._nowMs);
    this._visible = this._active.filter(({ id }) => !this._snoozes.has(id));
  }

  private _thresholds: IThresholds;
  private readonly _trans: ITranslate;
  private readonly _snoozes = new Snoozes();
  private _rules: IRule[];
  private _log = new RunLog();
  private _boot: string | null = null;
  private _sequence = -1;
  private _latest: IAgentMessage | null = null;
  private _active: readonly IWarning[] = [];
  private _visible: readonly IWarning[] = [];
  private _nowMs = 0;
}
