import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IHeldTotals, IHolder, IHoldings } from '../core/holders';
import { isNotebooksOwn } from '../core/holders';
import type { IReading } from '../core/reading';
import { formatBytes } from '../core/units';
import type { IMonitor } from '../model/tokens';
import type { IPanelActions } from './actions';
import { HolderRow } from './holder';
import { Link } from './link';
import { Section } from './section';

/** Properties of `Holders`. */
export interface IHoldersProps {
  readonly monitor: IMonitor;
  readonly reading: IReading;
  readonly actions: IPanelActions;
  /** Why nothing can be let go of now; null when it can. */
  readonly refusal: string | null;
  readonly trans: TranslationBundle;
}

/** Changes of what is allocated below this are not worth a new search. */
const LEAST_CHANGE_BYTES = 2 ** 20;

/** Who holds the memory: asked when a person wants to know. */
export function Holders(props: IHoldersProps): React.JSX.Element {
  const { monitor, reading, actions, trans } = props;
  const { found, isAsking, failure } = monitor.holdings;
  const ask = (): void => actions.findHolders();
  const again = isAsking ? trans.__('Searching…') : trans.__('Search again');
  return (
    <Section
      id="holders"
      title={trans.__('Held by')}
      note={
        found ? <Summary devices={found.devices} trans={trans} /> : undefined
      }
    >
      <div className="jp-VramHolders" aria-busy={isAsking}>
        {found && <List found={found} {...props} />}
        {failure !== null && (
          <p className="jp-VramPanel-quiet" role="alert">
            {trans.__('The search failed: %1', failure)}
          </p>
        )}
        <p className="jp-VramPanel-quiet">
          {found && isOutdated(found, reading) && (
            <>{trans.__('Memory has changed since.')} </>
          )}
          {found === null && failure === null && (
            <>{trans.__('Names every variable, output and error.')} </>
          )}
          <Link
            label={
              found || isAsking || failure !== null
                ? again
                : trans.__('Find who holds it')
            }
            act={ask}
          />
        </p>
      </div>
    </Section>
  );
}

interface IListProps extends IHoldersProps {
  readonly found: IHoldings;
}

function List(props: IListProps): React.JSX.Element {
  const { found, actions, refusal, trans } = props;
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
      <ul className="jp-VramHolders-list">
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
          {trans.__('The time was up: there may be more holders.')}
        </p>
      )}
      {holders.some(isNotebooksOwn) && (
        <p>
          <Link
            label={trans.__('Release all that the notebook itself holds')}
            refusal={refusal}
            act={() => actions.release(['all'])}
          />
        </p>
      )}
    </>
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

/** Whether what is allocated now differs from what was searched. */
function isOutdated(found: IHoldings, reading: IReading): boolean {
  return reading.devices.some(device => {
    const searched = found.devices.find(({ id }) => id === device.id);
    const before = searched?.allocatedBytes ?? 0;
    return Math.abs(device.allocatedBytes - before) >= LEAST_CHANGE_BYTES;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
