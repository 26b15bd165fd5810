import type { TranslationBundle } from '@jupyterlab/translation';

import type { IGpuProcess } from '../../core/wire/generated';
import { surveyText } from '../../core/text/processtext';
import type { IServerKernels, IServerKernel } from '../../model/server/tokens';

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** What a session is called by its path: that of a console ends with a UUID. */
function sessionName(path: string): string {
  return baseName(path).replace(
    /-[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i,
    ''
  );
}

/** What a kernel is called: its notebook, else its console, else its own name. */
export function kernelName(kernel: IServerKernel): string {
  return baseName(kernel.names[0] ?? '');
}

/** The end of a period, in its largest whole unit: `12 s`, `3 min`, `5 h`, `2 d`. */
export function formatSpan(spanMs: number, trans: TranslationBundle): string {
  const seconds = Math.max(0, Math.floor(spanMs / 1000));
  if (seconds < 60) {
    return trans.__('%1 s', seconds);
  }
  if (seconds < 3600) {
    return trans.__('%1 min', Math.floor(seconds / 60));
  }
  return seconds < 86_400
    ? trans.__('%1 h', Math.floor(seconds / 3600))
    : trans.__('%1 d', Math.floor(seconds / 86_400));
}

/** Why there is no list of processes; null if there is one. */
export function whyNoSurvey(
  serverKernels: IServerKernels,
  trans: TranslationBundle
): string | null {
  const { survey } = serverKernels;
  if (survey === null) {
    return serverKernels.hasReporter
      ? trans.__('Asking the driver…')
      : trans.__(
          'Open a Python notebook to see the processes: its kernel asks the driver.'
        );
  }
  return surveyText(survey, trans);
}

/** What a process is called. */
export function processName(
  process: IGpuProcess,
  kernels: readonly IServerKernel[],
  trans: TranslationBundle
): string {
  const kernel = kernels.find(each => each.kernelId === process.kernelId);
  const name = kernel
    ? kernelName(kernel)
    : process.notebook && sessionName(process.notebook);
  if (name !== null) {
    return process.isKernel ? name : trans.__('a process of %1', name);
  }
  if (process.isKernel) {
    return trans.__('a Jupyter kernel');
  }
  if (process.program !== null) {
    return process.program;
  }
  // An agent of an earlier version tells the whole command only.
  const first = process.command?.split(' ')[0];
  return first ? baseName(first) : trans.__('unknown process');
}
