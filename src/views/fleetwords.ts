import type { TranslationBundle } from '@jupyterlab/translation';

import type { IGpuProcess, ISurvey } from '../core/survey';
import type { IFleet, IFleetKernel } from '../model/fleettokens';

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** What a kernel is called: its notebook, else its console, else its own name. */
export function kernelName(kernel: IFleetKernel): string {
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
  fleet: IFleet,
  trans: TranslationBundle
): string | null {
  const { survey } = fleet;
  if (survey === null) {
    return fleet.hasReporter
      ? trans.__('Asking the driver…')
      : trans.__(
          'Open a Python notebook to see the processes: its kernel asks the driver.'
        );
  }
  const words = stateWords(survey, trans);
  return words && survey.detail !== '' ? `${words} ${survey.detail}` : words;
}

function stateWords(survey: ISurvey, trans: TranslationBundle): string | null {
  switch (survey.state) {
    case 'ok':
      return null;
    case 'no-tool':
      return trans.__(
        'The kernel has neither `nvidia-smi` nor `nvidia-ml-py`, so it can’t ask an NVIDIA driver.'
      );
    case 'no-driver':
      return trans.__('The NVIDIA driver is not loaded on this machine.');
    case 'no-devices':
      return trans.__('The driver sees no NVIDIA GPU.');
    case 'mismatch':
      return trans.__(
        'The NVIDIA driver and its library have different versions. Restart the machine, or load the driver again.'
      );
    case 'no-permission':
      return trans.__('The driver does not let this user ask.');
    case 'lost':
      return trans.__('A GPU has fallen off the bus.');
    case 'timeout':
      return trans.__('The driver did not answer in time.');
    case 'failed':
      return trans.__('The driver could not be asked.');
  }
}

/** What a process is called. */
export function processName(
  process: IGpuProcess,
  kernels: readonly IFleetKernel[],
  trans: TranslationBundle
): string {
  const kernel = kernels.find(each => each.kernelId === process.kernelId);
  const path = kernel?.names[0] ?? process.notebook;
  if (path !== null) {
    const name = baseName(path);
    return process.isKernel ? name : trans.__('a process of %1', name);
  }
  if (process.isKernel) {
    return trans.__('a Jupyter kernel');
  }
  const program = process.command?.split(' ')[0];
  return program ? baseName(program) : trans.__('unknown process');
}

/** Why a process can't be stopped from here. */
export function whyNotStoppable(
  process: IGpuProcess,
  trans: TranslationBundle
): string {
  switch (process.whyNot) {
    case 'read-only':
      return trans.__('Stopping processes is switched off here.');
    case 'not-visible':
      return trans.__(
        'It runs on the host or in another container, and can’t be stopped from here.'
      );
    case 'init':
      return trans.__('It keeps the machine or the container running.');
    case 'server':
      return trans.__('The Jupyter server runs in it.');
    case 'this-kernel':
    case 'jupyter-kernel':
      return trans.__('It is a kernel of this server: shut it down instead.');
    case 'foreign-user':
      return trans.__('It belongs to another user.');
    case 'zombie':
      return trans.__('It has ended; its parent has not noticed yet.');
    default:
      return trans.__(
        'It can’t be confirmed that this is the process that the driver means.'
      );
  }
}
