import type { TranslationBundle } from '@jupyterlab/translation';

import type { IHoldings } from '../core/wire/generated';
import type { IOomContext, IOutOfMemory } from '../core/oom';
import { mayBeOutOfMemory } from '../core/oom/match/mention';
import { ALLOCATOR_SETTINGS } from '../kernel/failurerequest';
import type { Failures, IFailure } from '../model/oomerrors';
import { withoutActs } from '../model/oomerrors';
import type { IKernelError } from '../model/kernelerrors';
import type { IMonitor, IMonitors } from '../model/tokens';
import type * as explanations from '../views/oom/explanation';

/** Turns what kernels say into explanations, and keeps them true. */
export class Explainer {
  constructor(private readonly _options: Explainer.IOptions) {}

  /** Explain an error, and remember it; null if it is about something else. */
  async hear(said: IKernelError): Promise<IFailure | null> {
    const { failures, monitors, trans } = this._options;
    const { kernelId, text } = said;
    failures.noteError(kernelId);
    if (!mayBeOutOfMemory(text)) {
      return null;
    }
    const timeMs = Date.now();
    const cells = failures.cellsOf(kernelId);
    const hasDied = said.requestId === null;
    const monitor = hasDied ? null : monitors.monitorOf(kernelId);
    const reading = monitor?.reading ?? null;
    const { explainOutOfMemory } = await loadExplanations();
    const explain = (isPast: boolean): IOutOfMemory | null =>
      explainOutOfMemory(text, reading ?? undefined, {
        ...{ trans, isPast },
        isLive: !hasDied
      });
    const [now, past] = [explain(false), explain(true)];
    if (now === null || past === null) {
      return null;
    }
    const laterCells = failures.cellsOf(kernelId) - cells;
    const isOver = laterCells > 0;
    const failure: IFailure = {
      ...{ kernelId, text, timeMs, hasDied, past, reading, laterCells },
      explanation: isOver ? past : now,
      isComplete: hasDied || isOver,
      hasRestarted: false
    };
    failures.note(failure);
    monitor?.changed.connect(this._onMonitorChanged, this);
    return failure;
  }

  /** Ask the failed kernel, once, what holds its memory, and explain again. */
  async complete(failure: IFailure, monitor: IMonitor): Promise<void> {
    const key = `${failure.kernelId} ${failure.timeMs}`;
    if (failure.isComplete || this._asked.has(key)) {
      return;
    }
    this._asked.add(key);
    await monitor.holdings.ask();
    const settings = await settingsOf(monitor);
    this._settings.set(monitor, settings);
    // By now the failed cell has ended: what it left behind is told, too.
    const { reading } = monitor;
    await this._explainAgain({ ...failure, reading }, monitor);
  }

  /** Explain by what the kernel says of its holders, as long as no later cell has begun. */
  private async _explainAgain(
    failure: IFailure,
    monitor: IMonitor
  ): Promise<void> {
    const { failures, trans } = this._options;
    const { found } = monitor.holdings;
    this._shown.set(monitor, found);
    const context: IOomContext = {
      trans,
      isLive: true,
      holders: found?.holders ?? [],
      allocatorSettings: this._settings.get(monitor) ?? null
    };
    const { explainOutOfMemory } = await loadExplanations();
    const { isTorchs } = failure.explanation;
    // PyTorch's memory explains as it was then; to others it is only what can be had now.
    const reading = (isTorchs ? failure.reading : monitor.reading) ?? undefined;
    const { text, kernelId, timeMs } = failure;
    const explanation = explainOutOfMemory(text, reading, context);
    const past = explainOutOfMemory(text, reading, {
      ...context,
      isPast: true
    });
    const latest = failures.latest(kernelId);
    if (!explanation || !past || latest?.timeMs !== timeMs || isOver(latest)) {
      return;
    }
    const gone = hasTraceback(found) ? [] : (['release-tracebacks'] as const);
    failures.update({
      ...latest,
      reading: failure.reading,
      isComplete: true,
      explanation: withoutActs(explanation, gone),
      past: withoutActs(past, gone)
    });
  }

  /** The kernel was asked anew, as it is after each release: the card follows. */
  private _onMonitorChanged(monitor: IMonitor): void {
    const { failures } = this._options;
    const failure = failures.latest(monitor.kernelId);
    const { found, isAsking } = monitor.holdings;
    if (!failure?.isComplete || isOver(failure) || failure.hasDied) {
      return;
    }
    const isNew = found !== this._shown.get(monitor);
    if (isAsking || (isNew && found === null)) {
      failures.outdate(monitor.kernelId);
    } else if (isNew) {
      void this._explainAgain(failure, monitor);
    }
  }

  /** By kernel and time, as what is known of a failure grows. */
  private readonly _asked = new Set<string>();
  private readonly _settings = new WeakMap<IMonitor, string | null>();
  /** The search by which a kernel's failure is explained. */
  private readonly _shown = new WeakMap<IMonitor, IHoldings | null>();
}

/** Load the rules, which are many, and which most pages never need. */
export async function loadExplanations(): Promise<typeof explanations> {
  return import(
    /* webpackChunkName: "explanations" */ '../views/oom/explanation'
  );
}

/** A namespace for `Explainer` statics. */
export namespace Explainer {
  /** What an explainer is made from. */
  export interface IOptions {
    readonly failures: Failures;
    readonly monitors: IMonitors;
    readonly trans: TranslationBundle;
  }
}

/** The settings of the allocator; null where the kernel does not answer. */
async function settingsOf(monitor: IMonitor): Promise<string | null> {
  try {
    return await monitor.ask(ALLOCATOR_SETTINGS);
  } catch {
    return null;
  }
}

/** Whether the kernel has gone on since. */
function isOver({ laterCells, hasRestarted }: IFailure): boolean {
  return laterCells > 0 || hasRestarted;
}

/** Whether a traceback may hold something: one was found, or not all was looked at. */
function hasTraceback(found: IHoldings | null): boolean {
  return (
    found?.isComplete !== true ||
    found.holders.some(({ kind }) => kind === 'traceback')
  );
}
