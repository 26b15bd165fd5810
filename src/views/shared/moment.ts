import type { TranslationBundle } from '@jupyterlab/translation';

/** When something was so: `at 14:03, after [5]`. */
export function momentWords(
  timeMs: number,
  executionCount: number | null,
  trans: TranslationBundle
): string {
  const time = new Date(timeMs).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit'
  });
  return executionCount === null
    ? trans.__('at %1', time)
    : trans.__('at %1, after [%2]', time, executionCount);
}
