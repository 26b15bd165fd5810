import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClearReport, IClearedDevice } from '../../core/wire/generated';
import { formatBytes } from '../../core/text/units';
import type { ICleared } from '../../model/cleared';
import type { IMonitor } from '../../model/tokens';
import { momentWords } from '../shared/moment';

/** Properties of `Result`. */
export interface IResultProps {
  readonly cleared: ICleared;
  readonly monitor: IMonitor;
  readonly trans: TranslationBundle;
}

/**
 * What the latest clear gave back and what it did not, until dismissed; with its
 * moment once the figures have moved on.
 */
export function Result(props: IResultProps): React.JSX.Element | null {
  const { cleared, monitor, trans } = props;
  const { report, isCurrent } = cleared;
  const [dismissed, setDismissed] = React.useState<IClearReport | null>(null);
  if (dismissed === report || report.devices.length === 0) {
    return null;
  }
  const hasFreed = report.devices.some(device => returnedBytes(device) > 0);
  return (
    <div
      className="jp-VramPanel-result"
      role="status"
      data-good={hasFreed && isCurrent}
    >
      <div>
        {!isCurrent && (
          <p>{trans.__('So it was %1:', momentOf(cleared, monitor, trans))}</p>
        )}
        {report.released.length > 0 && (
          <p>{trans.__('Released: %1.', report.released.join(', '))}</p>
        )}
        <Devices devices={report.devices} trans={trans} />
      </div>
      <button
        type="button"
        className="jp-VramPanel-iconButton"
        title={trans.__('Dismiss')}
        aria-label={trans.__('Dismiss the result of the latest clear')}
        onClick={() => setDismissed(report)}
      >
        <closeIcon.react tag="span" />
      </button>
    </div>
  );
}

interface IDevicesProps {
  readonly devices: readonly IClearedDevice[];
  readonly trans: TranslationBundle;
}

/** A line for each device on which there was something. */
function Devices({ devices, trans }: IDevicesProps): React.JSX.Element {
  const used = devices.filter(device => device.beforeReservedBytes > 0);
  const several = devices.length > 1 && used.length > 0;
  return (
    <>
      {(used.length > 0 ? used : devices.slice(0, 1)).map(device => (
        <p key={device.id}>
          {several && <b>{device.id} </b>}
          {resultSentence(device, trans)}
        </p>
      ))}
    </>
  );
}

function momentOf(
  { timeSeconds, executionCount }: ICleared,
  monitor: IMonitor,
  trans: TranslationBundle
): string {
  return momentWords(monitor.toBrowserMs(timeSeconds), executionCount, trans);
}

/** What came back to the driver, and what stayed, of one device. */
export function resultSentence(
  device: IClearedDevice,
  trans: TranslationBundle
): string {
  const returned = returnedBytes(device);
  const kept = device.afterAllocatedBytes;
  const unused = device.afterReservedBytes - kept;
  const sentences = [
    returned > 0
      ? trans.__('%1 came back.', formatBytes(returned))
      : trans.__('Nothing came back.'),
    kept > 0
      ? trans.__('%1 stayed allocated.', formatBytes(kept))
      : trans.__('Nothing stayed allocated.')
  ];
  if (unused >= LEAST_UNUSED_BYTES) {
    sentences.push(
      trans.__('%1 stayed reserved beside it.', formatBytes(unused))
    );
  }
  return sentences.join(' ');
}

function returnedBytes(device: IClearedDevice): number {
  return device.beforeReservedBytes - device.afterReservedBytes;
}

const LEAST_UNUSED_BYTES = 2 ** 20;
