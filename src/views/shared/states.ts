import type { TranslationBundle } from '@jupyterlab/translation';

import type { IReading } from '../../core/wire/generated';
import type { IActiveTarget, IMonitor } from '../../model/tokens';

/** What a notice offers to do. */
export type NoticeOffer = 'retry' | 'practice' | 'restart';

/** Why the panel shows no figures, or why they may be old. */
export interface INotice {
  /** A few words. */
  readonly title: string;
  /** One or two sentences; may hold backticks. */
  readonly text: string;
  readonly offer: NoticeOffer | null;
  /** Whether the last figures are still worth showing below it. */
  readonly keepFigures: boolean;
}

/**
 * The notice for what the panel is about.
 *
 * @returns null when there are figures and nothing to say about them.
 */
export function noticeFor(
  target: IActiveTarget,
  trans: TranslationBundle
): INotice | null {
  if (!target.hasDocument) {
    return whole(
      trans.__('No notebook open'),
      trans.__('Open a notebook or a console to see its GPU memory.')
    );
  }
  if (target.monitor === null) {
    return whole(
      trans.__('No kernel'),
      trans.__('Start a kernel to see the GPU memory it uses.')
    );
  }
  return ofStatus(target.monitor, trans) ?? ofReading(target.monitor, trans);
}

function whole(
  title: string,
  text: string,
  offer: NoticeOffer | null = null
): INotice {
  return { title, text, offer, keepFigures: false };
}

function ofStatus(monitor: IMonitor, trans: TranslationBundle): INotice | null {
  switch (monitor.status) {
    case 'attached':
      return null;
    case 'not-python':
      return whole(
        trans.__('Not a Python kernel'),
        trans.__('GPU memory is read from Python kernels only.')
      );
    case 'restarting':
      return whole(
        trans.__('Kernel is restarting'),
        trans.__('Its GPU memory goes back to the driver.')
      );
    case 'dead':
      return whole(
        trans.__('Kernel died'),
        trans.__('The driver took its GPU memory back. Restart it to go on.'),
        'restart'
      );
    case 'failed':
      return whole(
        trans.__('Could not read this kernel'),
        monitor.failure?.(trans) ?? trans.__('The kernel gave no reason.'),
        'retry'
      );
    default:
      return interrupted(monitor, trans);
  }
}

function interrupted(monitor: IMonitor, trans: TranslationBundle): INotice {
  const keepFigures = (monitor.reading?.devices.length ?? 0) > 0;
  switch (monitor.status) {
    case 'waiting':
      return {
        title: trans.__('Kernel is busy'),
        text: trans.__('The panel connects when the running cell ends.'),
        offer: null,
        keepFigures
      };
    case 'disconnected':
      return {
        title: trans.__('Connection lost'),
        text: keepFigures
          ? trans.__('These are the last values that arrived.')
          : trans.__('Values appear when JupyterLab reaches the kernel again.'),
        offer: null,
        keepFigures
      };
    case 'asleep':
      return {
        title: trans.__('Paused'),
        text: trans.__('Readings stop while no view shows them.'),
        offer: null,
        keepFigures
      };
    default:
      return {
        title: trans.__('Connecting…'),
        text: trans.__('Asking the kernel for its first reading.'),
        offer: null,
        keepFigures
      };
  }
}

function ofReading(
  monitor: IMonitor,
  trans: TranslationBundle
): INotice | null {
  const reading = monitor.reading;
  if (reading === null) {
    return whole(
      trans.__('Connecting…'),
      trans.__('Asking the kernel for its first reading.')
    );
  }
  return reading.devices.length > 0 && reading.state === 'ok'
    ? null
    : withoutFigures(reading, trans);
}

function withoutFigures(reading: IReading, trans: TranslationBundle): INotice {
  switch (reading.state) {
    case 'no-torch':
      return whole(
        trans.__('No torch in this kernel yet'),
        trans.__(
          'Values appear as soon as a cell imports `torch` and uses the GPU.'
        ),
        'practice'
      );
    case 'torch-without-gpu':
      return whole(
        trans.__('This torch has no GPU support'),
        withVersion(reading, trans),
        'practice'
      );
    case 'no-driver':
      return whole(
        trans.__('No GPU driver'),
        trans.__(
          'torch could use a GPU, but this machine has no driver for one.'
        ),
        'practice'
      );
    case 'error':
      return whole(
        trans.__('GPU memory could not be read'),
        reading.detail ?? trans.__('The kernel gave no reason.')
      );
    default:
      return whole(
        trans.__('Nothing on the GPU yet'),
        trans.__('Values appear once a cell puts something on the GPU.')
      );
  }
}

function withVersion(reading: IReading, trans: TranslationBundle): string {
  return reading.torchVersion === null
    ? trans.__('Install a build of torch for your GPU to see values here.')
    : trans.__(
        'torch %1 was built for the CPU only. Install a build for your GPU to see values here.',
        reading.torchVersion
      );
}
