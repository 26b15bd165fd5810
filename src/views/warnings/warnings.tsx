import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IWarning } from '../../core/leaks/warnings/warning';
import type { IMonitor } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import { Link } from '../shared/link';
import { Section } from '../shared/section';
import { MessageText } from '../shared/message';

/** Properties of `Warnings`. */
export interface IWarningsProps {
  readonly monitor: IMonitor;
  readonly actions: IPanelActions;
  /** Why memory can't be cleared now; null when it can. */
  readonly refusal: string | null;
  readonly trans: TranslationBundle;
}

/** What is wrong now. Its container always exists, so that news is read out. */
export function Warnings(props: IWarningsProps): React.JSX.Element {
  const { monitor, trans } = props;
  const { warnings, snoozedCount } = monitor;
  const shown = warnings.length > 0 || snoozedCount > 0;
  return (
    <div role="alert" aria-live="polite">
      {shown && (
        <Section
          id="warnings"
          title={trans.__('Warnings')}
          note={warnings.length}
        >
          {warnings.map(warning => (
            <Card key={warning.id} warning={warning} {...props} />
          ))}
          {snoozedCount > 0 && (
            <p className="jp-VramPanel-quiet">
              {trans._n('%1 snoozed', '%1 snoozed', snoozedCount)}
              {' · '}
              <Link
                label={trans.__('Show')}
                act={() => monitor.unsnoozeAll()}
              />
            </p>
          )}
        </Section>
      )}
    </div>
  );
}

/** Releases the memory at once, where its holders are known. */
function Release(props: ICardProps): React.JSX.Element | null {
  const { warning, actions, refusal, trans } = props;
  const [holder, ...others] = warning.heldBy ?? [];
  if (holder === undefined) {
    return null;
  }
  const label =
    others.length === 0
      ? trans.__('Release %1', holder)
      : trans.__('Release %1 holders', others.length + 1);
  return (
    <>
      <Link
        label={label}
        refusal={refusal}
        act={() => actions.release([holder, ...others])}
      />
      <Link
        label={trans.__('Show holders')}
        act={() => actions.findHolders()}
      />
    </>
  );
}

interface ICardProps extends IWarningsProps {
  readonly warning: IWarning;
}

function Card(props: ICardProps): React.JSX.Element {
  const { warning, monitor, actions, refusal, trans } = props;
  const several = (monitor.reading?.devices.length ?? 0) > 1;
  return (
    <div className="jp-VramWarning" data-severity={warning.severity}>
      <p className="jp-VramWarning-sentence">
        <MessageText text={warning.sentence} />
      </p>
      <p className="jp-VramWarning-evidence">
        {several && <b>{warning.device} </b>}
        <MessageText text={warning.evidence} />
      </p>
      <div className="jp-VramWarning-buttons">
        <Release {...props} />
        {!warning.heldBy?.length && (
          // Clearing frees nothing that has a known holder.
          <Link
            label={trans.__('Clear')}
            refusal={refusal}
            act={() => actions.clear()}
          />
        )}
        <Link
          label={trans.__('Snooze')}
          act={() => monitor.snooze(warning.id)}
        />
      </div>
    </div>
  );
}
