import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IReading } from '../../core/wire/generated';
import type { IMonitor } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import { Activity } from '../timeline/activity';
import { ClearButton } from '../clear/clear';
import { Devices } from '../devices/devices';
import { isCurrent } from '../shared/freshness';
import { Holders } from '../holders/holders';
import { refusal } from '../clear/refusal';
import { Result } from '../clear/result';
import { Warnings } from '../warnings/warnings';

/** Properties of `Content`. */
export interface IContentProps {
  readonly monitor: IMonitor;
  /** A reading with at least one device. */
  readonly reading: IReading;
  readonly nowMs: number;
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
}

/** Everything about one kernel whose figures are known. */
export function Content(props: IContentProps): React.JSX.Element {
  const { monitor, reading, nowMs, actions, trans } = props;
  const refused = refusal(monitor, trans);
  const current = isCurrent(monitor, nowMs);
  return (
    <>
      <ClearButton monitor={monitor} actions={actions} trans={trans} />
      {monitor.cleared && (
        <Result cleared={monitor.cleared} monitor={monitor} trans={trans} />
      )}
      <Devices reading={reading} current={current} trans={trans} />
      <Warnings
        monitor={monitor}
        actions={actions}
        refusal={refused}
        trans={trans}
      />
      <Holders
        monitor={monitor}
        actions={actions}
        refusal={refused}
        trans={trans}
      />
      <Activity
        monitor={monitor}
        reading={reading}
        nowMs={nowMs}
        trans={trans}
      />
    </>
  );
}
