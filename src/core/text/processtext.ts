import type { IGpuProcess, ISurvey } from '../wire/generated';
import type { ITranslate } from './translation';

/** Why there is no list of processes; null if there is one. */
export function surveyText(survey: ISurvey, trans: ITranslate): string | null {
  const words = stateWords(survey, trans);
  return words && survey.detail !== '' ? `${words} ${survey.detail}` : words;
}

function stateWords(survey: ISurvey, trans: ITranslate): string | null {
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
      return trans.__('The driver does not allow this user to query it.');
    case 'lost':
      return trans.__('A GPU has fallen off the bus.');
    case 'timeout':
      return trans.__('The driver did not answer in time.');
    case 'failed':
      return trans.__('The driver could not be queried.');
  }
}

/** Why a process can't be stopped from here. */
export function whyNotStoppable(
  process: IGpuProcess,
  trans: ITranslate
): string {
  switch (process.whyNot) {
    case 'read-only':
      return trans.__('Stopping processes is switched off here.');
    case 'not-visible':
      return trans.__(
        'It runs on the host or in another container, and can’t be stopped from here.'
      );
    case 'init':
      return trans.__(
        'It is the first process of the machine or the container.'
      );
    case 'server':
      return trans.__('The Jupyter server runs in it.');
    case 'this-kernel':
    case 'jupyter-kernel':
      return trans.__('It is a kernel of this server: shut it down instead.');
    case 'foreign-user':
      return trans.__('It belongs to another user.');
    case 'zombie':
      return trans.__(
        'It has ended, but its parent process has not collected it yet.'
      );
    default:
      return trans.__(
        'It can’t be confirmed that this is the process that the driver means.'
      );
  }
}
