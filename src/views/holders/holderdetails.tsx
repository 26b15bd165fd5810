import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IHolder } from '../../core/wire/generated';
import { sharesOf } from '../../core/wire/holders';
import { formatBytes } from '../../core/text/units';
import { promiseWords } from './promise';

/** Properties of `HolderDetails`. */
export interface IHolderDetailsProps {
  readonly holder: IHolder;
  readonly trans: TranslationBundle;
}

/** How to get to the memory, who else holds it, its parts, and what releases it. */
export function HolderDetails(props: IHolderDetailsProps): React.JSX.Element {
  const { holder, trans } = props;
  const { devices, note, path, release } = holder;
  const promise = promiseWords(holder, trans);
  return (
    <>
      {path !== '' && path !== holder.name && (
        <p>
          {trans.__('First tensor:')} <code>{path}</code>
        </p>
      )}
      <Shared {...props} />
      {promise !== null && <p>{promise}</p>}
      {devices.length > 1 &&
        sharesOf(holder).map(each => (
          <p key={each.id}>
            {each.id}: {formatBytes(each.bytes + each.sharedBytes)}
          </p>
        ))}
      {note !== null && <p>{note}</p>}
      {release !== null && (
        <p>
          <code>{release}</code>
        </p>
      )}
      <Parts holder={holder} />
    </>
  );
}

function Shared(props: IHolderDetailsProps): React.JSX.Element | null {
  const { holder, trans } = props;
  const { alsoHeldBy } = holder;
  if (alsoHeldBy.length === 0) {
    return null;
  }
  const figures = trans.__(
    'Releasing only this frees %1. Others also hold %2 of it:',
    formatBytes(holder.bytes),
    formatBytes(holder.sharedBytes)
  );
  return (
    <p>
      {holder.sharedBytes > 0 ? figures : trans.__('By:')}{' '}
      {alsoHeldBy.map((name, place) => (
        <React.Fragment key={name}>
          {place > 0 && ', '}
          <code>{name}</code>
        </React.Fragment>
      ))}
    </p>
  );
}

function Parts({ holder }: { holder: IHolder }): React.JSX.Element | null {
  return holder.parts.length === 0 ? null : (
    <table className="jp-VramHolder-parts">
      <tbody>
        {holder.parts.map(part => (
          <tr key={part.path}>
            <th scope="row" title={part.path}>
              <code>{part.path}</code>
            </th>
            <td>{formatBytes(part.bytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
