import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  IHeldTotals,
  IHolder,
  IHoldings
} from '../../core/wire/generated';
import { isNotebooksOwn } from '../../core/wire/holders';
import { formatBytes } from '../../core/text/units';
import type { IMonitor } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import { HolderRow } from './holder';
import { Link } from '../shared/link';
import { momentWords } from '../shared/moment';
import { Section } from '../shared/section';
import { Unsupported } from '../shared/unsupported';

/** Properties of `Holders`. */
export interface IHoldersProps {
  readonly monitor: IMonitor;
  readonly actions: IPanelActions;
  /** Why nothing can be released now; null when it can. */
  readonly refusal: string | null;
  readonly trans: TranslationBundle;
}

/** Who holds the memory: asked when a person wants to know. */
export function Holders(props: IHoldersProps): React.JSX.Element {
  const { monitor, trans } = props;
  const { found, isAsking, isOutdated, failure } = monitor.holdings;
  const outdated = isOutdated ? outdatedWords(monitor, trans) : null;
  return (
    <Section
      id="holders"
      title={trans.__('Held by')}
      note={
        found ? <Summary devices={found.devices} trans={trans} /> : undefined
      }
    >
      <div className="jp-VramHolders" aria-busy={isAsking}>
        {found && (
          <List found={found} {...props} refusal={outdated ?? props.refusal} />
        )}
        {failure !== null && (
          <p className="jp-VramPanel-quiet" role="alert">
            {trans.__('The search failed: %1', failure(trans))}
          </p>
        )}
        <Unsupported
          reading={monitor.reading}
          section="holders"
          trans={trans}
        />
        <SearchLink {...props} outdated={outdated} />
      </div>
    </Section>
  );
}

interface ISearchLinkProps extends IHoldersProps {
  /** From when the list is; null for a list of this moment. */
  readonly outdated: string | null;
}

/** Searches for holders, again where that was done before. */
function SearchLink(props: ISearchLinkProps): React.JSX.Element {
  const { monitor, actions, outdated, trans } = props;
  const { found, isAsking, failure } = monitor.holdings;
  const again = isAsking ? trans.__('Searching…') : trans.__('Search again');
  return (
    <p className="jp-VramPanel-quiet">
      {found && outdated !== null && <>{outdated} </>}
      {found === null && failure === null && (
        <>{trans.__('Names every variable, output and error.')} </>
      )}
      <Link
        label={
          found || isAsking || failure !== null
            ? again
            : trans.__('Find who holds it')
        }
        act={() => actions.findHolders()}
      />
    </p>
  );
}

/** From when the list is, and why that matters. */
function outdatedWords(monitor: IMonitor, trans: TranslationBundle): string {
  const { holdings, records } = monitor;
  const { foundSeconds } = holdings;
  const earlier = records.filter(each => each.endedSeconds <= foundSeconds);
  const latest = earlier[earlier.length - 1];
  const moment = momentWords(
    monitor.toBrowserMs(foundSeconds),
    latest?.executionCount ?? null,
    trans
  );
  return earlier.length < records.length
    ? trans.__('Found %1. Cells have run since.', moment)
    : trans.__('Found %1. Memory has changed since.', moment);
}

interface IListProps extends IHoldersProps {
  readonly found: IHoldings;
}

function List(props: IListProps): React.JSX.Element {
  const { found, monitor, actions, refusal, trans } = props;
  const { holders } = found;
  const largest = Math.max(1, ...holders.map(weight));
  const several = found.devices.length > 1;
  return (
    <>
      {holders.length === 0 && (
        <p className="jp-VramPanel-quiet">
          {trans.__('Nothing holds device memory.')}
        </p>
      )}
      <ul
        className="jp-VramHolders-list"
        data-outdated={monitor.holdings.isOutdated}
      >
        {holders.map((holder, place) => (
          <HolderRow
            key={`${holder.name} ${holder.kind} ${holder.device} ${place}`}
            holder={holder}
            share={weight(holder) / largest}
            showDevice={several}
            {...{ actions, refusal, trans }}
          />
        ))}
      </ul>
      {!found.isComplete && (
        <p className="jp-VramPanel-quiet">
          {trans.__('The search ran out of time: there may be more holders.')}
        </p>
      )}
      {holders.some(isNotebooksOwn) && <ReleaseAll {...props} />}
    </>
  );
}

function ReleaseAll(props: IListProps): React.JSX.Element {
  const { actions, refusal, trans } = props;
  return (
    <p>
      <Link
        label={trans.__('Release all that the notebook itself holds')}
        refusal={refusal}
        act={() => actions.releaseAll()}
      />
    </p>
  );
}

function weight(holder: IHolder): number {
  return holder.bytes + holder.sharedBytes || holder.pinnedBytes;
}

interface ISummaryProps {
  readonly devices: readonly IHeldTotals[];
  readonly trans: TranslationBundle;
}

/** How much there is, and how much of it has a name. */
function Summary({ devices, trans }: ISummaryProps): React.JSX.Element {
  const allocated = sum(devices.map(device => device.allocatedBytes));
  const unknown = sum(devices.map(device => device.unattributedBytes));
  const named = Math.floor(100 * (1 - unknown / Math.max(1, allocated)));
  return (
    <>
      {formatBytes(allocated)}
      {allocated > 0 && (
        <span className="jp-VramHolders-named">
          {' · '}
          {trans.__('%1 % named', named)}
        </span>
      )}
    </>
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
