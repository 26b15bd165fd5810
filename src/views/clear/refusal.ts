import type { TranslationBundle } from '@jupyterlab/translation';

import type { IMonitor } from '../../model/tokens';

/**
 * Why memory can't be cleared now, as one plain sentence.
 *
 * @returns null when it can.
 */
export function refusal(
  monitor: IMonitor,
  trans: TranslationBundle
): string | null {
  if (monitor.status === 'not-python') {
    return trans.__('This is not a Python kernel.');
  }
  if (monitor.status === 'dead') {
    return trans.__('The kernel has died.');
  }
  if (monitor.status === 'restarting') {
    return trans.__('The kernel is restarting.');
  }
  if (monitor.reading?.capturing === true) {
    return trans.__('A CUDA graph is being captured. Clear when it is done.');
  }
  if (monitor.busy) {
    return trans.__('A cell is running. Clear when it ends.');
  }
  if (monitor.status !== 'attached') {
    return trans.__('The kernel is not connected.');
  }
  return null;
}
