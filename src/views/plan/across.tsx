import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ISplitPlan } from '../../core/plan/result/devices';
import { deviceWords, splitSentence } from '../../core/plan/result/splitwords';
import { formatBytes } from '../../core/text/units';

export { planAcross } from '../../core/plan/split';

/** Properties of `Devices`. */
export interface IDevicesProps {
  readonly split: ISplitPlan;
  readonly trans: TranslationBundle;
}

/** Whether it fits across several GPUs, and what each of them gets. */
export function Devices(props: IDevicesProps): React.JSX.Element {
  const { split, trans } = props;
  return (
    <>
      <p className="jp-VramPlan-split" data-status={split.status}>
        {splitSentence(split, trans)}
      </p>
      <ul className="jp-VramPlan-notes">
        {split.devices.map(device => (
          <li key={device.index} data-status={device.status}>
            {trans.__(
              'GPU %1: %2 of %3 for %4',
              device.index,
              formatBytes(device.driverBytes.likely),
              formatBytes(device.availableBytes),
              deviceWords(device, trans)
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
