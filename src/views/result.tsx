import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IClearReport, IClearedDevice } from '../core/reading';
import { formatBytes } from '../core/units';

/** Properties of `Result`. */
export interface IResultProps {
  readonly report: IClearReport;
  readonly trans: TranslationBundle;
}

/** What the latest clear gave back and what it did not, until dismissed. */
export function Result(props: IResultProps): React.JSX.Element | null {
  const { report, trans } = props;
  const [dismissed, setDismissed] = React.useState<IClearReport | null>(null);
  if (dismissed === report || report.devices.length === 0) {
    return null;
  }
  const several = report.devices.length > 1;
  const used = report.devices.filter(device => device.beforeReservedBytes > 0);
  return (
    <div className="jp-VramPanel-result" role="status">
      <div>
        {report.released.length > 0 && (
          <p>{trans.__('Released: %1.', report.released.join(', '))}</p>
        )}
        {(used.length > 0 ? used : report.devices.slice(0, 1)).map(device => (
          <p key={device.id}>
            {several && used.length > 0 && <b>{device.id} </b>}
            {resultSentence(device, trans)}
          </p>
        ))}
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

/** What came back to the driver, and what stayed, of one device. */
export function resultSentence(
  device: IClearedDevice,
  trans: TranslationBundle
): string {
  const returned = device.beforeReservedBytes - device.afterReservedBytes;
  const kept = device.afterAllocatedBytes;
  const unused = device.afterReservedBytes - kept;
  const sentences = [
    returned > 0
      ? trans.__('%1 came back.', formatBytes(returned))
      : trans.__('Nothing came back.'),
    kept > 0
      ? trans.__('%1 stayed: live tensors hold it.', formatBytes(kept))
      : trans.__('Nothing stayed allocated.')
  ];
  if (unused >= LEAST_UNUSED_BYTES) {
    sentences.push(
      trans.__('%1 stayed reserved beside them.', formatBytes(unused))
    );
  }
  return sentences.join(' ');
}

const LEAST_UNUSED_BYTES = 2 ** 20;
