import type { TranslationBundle } from '@jupyterlab/translation';

import type { IOomContext } from '../core/oom';
import { ALLOCATOR_SETTINGS } from '../kernel/failurequestion';
import type { Failures, IFailure } from '../model/failures';
import type { IUtterance } from '../model/utterances';
import type { IMonitor, IMonitors } from '../model/tokens';
import type * as explanations from '../views/explanation';

/** Every out-of-memory error says one of these; most errors say none. */
const MAYBE =
  /memory|alloc|oom|exhausted|cache blocks|kv cache|gpu ram|killed/i;

/** Turns what kernels say into explanations. */
export class Explainer {
  constructor(private readonly _options: Explainer.IOptions) {}

  /** Explain an error, and remember it; null if it is about something else. */
  async hear(said: IUtterance): Promise<IFailure | null> {
    if (!MAYBE.test(said.text)) {
      return null;
    }
    const timeMs = Date.now();
    const hasDied = said.requestId === null;
    const { explainOutOfMemory } = await loadExplanations();
    const { failures, monitors, trans } = this._options;
    const reading = monitors.monitorOf(said.kernelId)?.reading ?? undefined;
    const explanation = hasDied
      ? explainOutOfMemory(said.text, undefined, { trans })
      : explainOutOfMemory(said.text, reading, { trans, isLive: true });
    if (explanation === null) {
      return null;
    }
    const { kernelId, text } = said;
    const failure = {
      ...{ kernelId, text, timeMs, hasDied, explanation },
      isComplete: hasDied
    };
    failures.note(failure);
    return failure;
  }

  /** Ask the failed kernel, once, what holds its memory, and explain again. */
  async complete(failure: IFailure, monitor: IMonitor): Promise<void> {
    if (failure.isComplete || this._asked.has(failure)) {
      return;
    }
    this._asked.add(failure);
    const { failures, trans } = this._options;
    await monitor.holdings.ask();
    const context: IOomContext = {
      trans,
      isLive: true,
      holders: monitor.holdings.found?.holders ?? [],
      allocatorSettings: await settingsOf(monitor)
    };
    const { explainOutOfMemory } = await loadExplanations();
    const reading = monitor.reading ?? undefined;
    const explanation = explainOutOfMemory(failure.text, reading, context);
    if (explanation && failures.latest(failure.kernelId) === failure) {
      failures.update({ ...failure, explanation, isComplete: true });
    }
  }

  private readonly _asked = new WeakSet<IFailure>();
}

/** Load the rules, which are many, and which most pages never need. */
export async function loadExplanations(): Promise<typeof explanations> {
  return import(/* webpackChunkName: "explanations" */ '../views/explanation');
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
