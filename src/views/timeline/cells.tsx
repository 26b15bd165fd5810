import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { ICellRecord } from '../../core/wire/generated';
import { formatBytes, formatDelta, formatExact } from '../../core/text/units';
import { cellStatistics, type ICellStatistics } from './cellstatistics';

/** Properties of `Cells`. */
export interface ICellsProps {
  /** Oldest first. */
  readonly records: readonly ICellRecord[];
  readonly deviceId: string;
  readonly trans: TranslationBundle;
}

const SHOWN = 5;

/** What the latest cell runs did to one device, the latest on top. */
export function Cells(props: ICellsProps): React.JSX.Element {
  const { trans } = props;
  const rows = latestFigures(props.records, props.deviceId);
  if (rows.length === 0) {
    return (
      <p className="jp-VramPanel-quiet">
        {trans.__('Run a cell to see what it adds, its peak and what stays.')}
      </p>
    );
  }
  return (
    <table className="jp-VramCells">
      <thead>
        <tr>
          <th scope="col">{trans.__('Cell')}</th>
          <th scope="col" title={trans.__('Allocated after, less before')}>
            {trans.__('Change')}
          </th>
          <th scope="col" title={trans.__('The most allocated while it ran')}>
            {trans.__('Peak')}
          </th>
          <th
            scope="col"
            title={trans.__('What stayed allocated after the run')}
          >
            {trans.__('After')}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <CellRow key={row.run} figures={row} trans={trans} />
        ))}
      </tbody>
    </table>
  );
}

interface ICellRowProps {
  readonly figures: ICellStatistics;
  readonly trans: TranslationBundle;
}

function CellRow({ figures, trans }: ICellRowProps): React.JSX.Element {
  const peak = formatBytes(figures.peakBytes);
  return (
    <tr data-change={Math.sign(figures.changeBytes)}>
      <th scope="row">
        <code>[{figures.executionCount ?? ' '}]</code>
        {!figures.ok && (
          <span
            className="jp-VramCells-failed"
            role="img"
            aria-label={trans.__('failed')}
            title={trans.__('The run raised an error')}
          >
            ✕
          </span>
        )}
      </th>
      <td title={formatExact(figures.changeBytes, trans)}>
        {formatDelta(figures.changeBytes)}
      </td>
      <td title={peakTitle(figures, trans)}>
        {!figures.peakExact && <abbr title={trans.__('at least')}>≥</abbr>}
        {peak}
      </td>
      <td title={formatExact(figures.stayedBytes, trans)}>
        {formatBytes(figures.stayedBytes)}
      </td>
    </tr>
  );
}

function peakTitle(figures: ICellStatistics, trans: TranslationBundle): string {
  const exact = formatExact(figures.peakBytes, trans);
  return figures.peakExact ? exact : trans.__('at least %1', exact);
}

function latestFigures(
  records: readonly ICellRecord[],
  deviceId: string
): ICellStatistics[] {
  const rows: ICellStatistics[] = [];
  for (let place = records.length - 1; place >= 0; place--) {
    const record = records[place];
    const figures = record && cellStatistics(record, deviceId);
    if (figures && rows.push(figures) === SHOWN) {
      break;
    }
  }
  return rows;
}
