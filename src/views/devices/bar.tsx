import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IDeviceReading } from '../../core/wire/generated';
import { barRows, type IBarRow } from './segments';

/** Properties of `Bar`. */
export interface IBarProps {
  readonly device: IDeviceReading;
  readonly trans: TranslationBundle;
  /** Only the bar, without its legend. */
  readonly slim?: boolean;
}

/** Where a device's memory is: one stacked bar, and a legend with figures. */
export function Bar(props: IBarProps): React.JSX.Element {
  const rows = barRows(props.device, props.trans);
  const label = rows.map(row => `${row.label} ${row.figure}`).join(', ');
  return (
    <>
      <div className="jp-VramBar" role="img" aria-label={label}>
        {rows.map(row => (
          <div
            key={row.key}
            className="jp-VramBar-part"
            data-part={row.key}
            hidden={row.share === 0}
            title={row.title}
            style={{ width: `${row.share * 100}%` }}
          />
        ))}
      </div>
      {props.slim !== true && <Legend rows={rows} />}
    </>
  );
}

function Legend({ rows }: { readonly rows: IBarRow[] }): React.JSX.Element {
  const lines = Math.ceil(rows.length / 2);
  return (
    <ul
      className="jp-VramBar-legend"
      style={{ gridTemplateRows: `repeat(${lines}, auto)` }}
    >
      {rows.map(row => (
        <li key={row.key} title={row.title}>
          <span
            className="jp-VramBar-swatch"
            data-part={row.key}
            aria-hidden="true"
          />
          <span className="jp-VramBar-label">{row.label}</span>
          <span className="jp-VramBar-figure">{row.figure}</span>
        </li>
      ))}
    </ul>
  );
}
