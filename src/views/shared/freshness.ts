import type { TranslationBundle } from '@jupyterlab/translation';

import { formatAge } from '../../core/text/units';
import type { IMonitor } from '../../model/tokens';

/** How the state's dot is drawn; as in JupyterLab a ring is idle, a disc busy. */
export type StateTone = 'idle' | 'busy' | 'waiting' | 'broken';

/** A kernel's state in a word or two. */
export interface IStateWords {
  readonly tone: StateTone;
  readonly words: string;
}

/** The state of a monitor's kernel, and how old the figures are when that matters. */
export function stateWords(
  monitor: IMonitor,
  nowMs: number,
  trans: TranslationBundle
): IStateWords {
  switch (monitor.status) {
    case 'attached':
      return attachedWords(monitor, nowMs, trans);
    case 'connecting':
      return { tone: 'waiting', words: trans.__('Connecting') };
    case 'waiting':
      return { tone: 'busy', words: trans.__('Busy') };
    case 'asleep':
      return { tone: 'waiting', words: trans.__('Paused') };
    case 'restarting':
      return { tone: 'waiting', words: trans.__('Restarting') };
    case 'dead':
      return { tone: 'broken', words: trans.__('Dead') };
    case 'disconnected':
      return { tone: 'broken', words: trans.__('Disconnected') };
    case 'not-python':
      return { tone: 'waiting', words: trans.__('Not Python') };
    case 'failed':
      return { tone: 'broken', words: trans.__('Not connected') };
  }
}

function attachedWords(
  monitor: IMonitor,
  nowMs: number,
  trans: TranslationBundle
): IStateWords {
  const age = monitor.ageMs(nowMs);
  if (monitor.isStale(nowMs) && age !== null) {
    const ago = formatAge(age, trans);
    return monitor.busy
      ? { tone: 'busy', words: trans.__('Busy · as of %1', ago) }
      : { tone: 'idle', words: trans.__('Idle · as of %1', ago) };
  }
  return monitor.busy
    ? { tone: 'busy', words: trans.__('Busy · live') }
    : { tone: 'idle', words: trans.__('Idle') };
}

/** Whether the shown reading is still true: the kernel pushes what changes. */
export function isCurrent(monitor: IMonitor, nowMs: number): boolean {
  return monitor.status === 'attached' && !monitor.isStale(nowMs);
}

/** Until when the latest sample is known to hold. */
export function knownUntilMs(monitor: IMonitor, nowMs: number): number {
  return isCurrent(monitor, nowMs)
    ? nowMs
    : nowMs - (monitor.ageMs(nowMs) ?? 0);
}
