import type { TranslationBundle } from '@jupyterlab/translation';

import {
  deviceBreakdown,
  type BreakdownKey
} from '../../core/wire/devicebreakdown';
import type { IDeviceReading } from '../../core/wire/generated';
import { formatBytes, formatExact } from '../../core/text/units';

/** A part of the bar; `unknown` is what the driver does not account for. */
export type BarKey = BreakdownKey | 'unknown';

/** One part of the bar, and its line in the legend. */
export interface IBarRow {
  readonly key: BarKey;
  /** Its share of the bar, from 0 to 1. */
  readonly share: number;
  readonly label: string;
  readonly figure: string;
  /** To the last byte, and what it means. */
  readonly title: string;
}

/** Parts that are listed even when they are empty. */
const ALWAYS: readonly BarKey[] = ['live', 'cached', 'free'];

/**
 * Where a device's memory is, part by part.
 *
 * What is left of a known total is a part of its own, called unknown; without
 * a total, free memory is listed without a figure.
 */
export function barRows(
  device: IDeviceReading,
  trans: TranslationBundle
): IBarRow[] {
  const { parts, totalBytes } = deviceBreakdown(device);
  const sum = parts.reduce((bytes, part) => bytes + part.bytes, 0);
  const whole = Math.max(totalBytes ?? 0, sum, 1);
  const row = (key: BarKey, bytes: number | null): IBarRow => {
    const label = partLabel(key, trans);
    const exact =
      bytes === null ? trans.__('not known') : formatExact(bytes, trans);
    return {
      key,
      share: (bytes ?? 0) / whole,
      label,
      figure: formatBytes(bytes),
      title: `${label}: ${exact}\n${partMeaning(key, trans)}`
    };
  };
  const rows = parts
    .filter(({ key, bytes }) => bytes > 0 || ALWAYS.includes(key))
    .map(({ key, bytes }) => row(key, bytes));
  if (totalBytes === null) {
    rows.push(row('free', null));
  } else if (sum < totalBytes) {
    rows.push(row('unknown', totalBytes - sum));
  }
  return rows;
}

function partLabel(key: BarKey, trans: TranslationBundle): string {
  switch (key) {
    case 'live':
      return trans.__('Live tensors');
    case 'cached':
      return trans.__('Cached');
    case 'fragmented':
      return trans.__('Fragmented');
    case 'context':
      return trans.__('Context');
    case 'others':
      return trans.__('Others');
    case 'outside':
      return trans.__('Non-torch');
    case 'free':
      return trans.__('Free');
    case 'unknown':
      return trans.__('Unknown');
  }
}

function partMeaning(key: BarKey, trans: TranslationBundle): string {
  switch (key) {
    case 'live':
      return trans.__('Tensors of this kernel that something still refers to.');
    case 'cached':
      return trans.__('Kept by torch for reuse; clearing gives it back.');
    case 'fragmented':
      return trans.__('Unused, but pinned by live tensors beside it.');
    case 'context':
      return trans.__(
        'The CUDA context and other libraries of this kernel, outside torch.'
      );
    case 'others':
      return trans.__('Other notebooks and processes.');
    case 'outside':
      return trans.__(
        'This kernel outside torch, and other processes: the driver does not tell them apart.'
      );
    case 'free':
      return trans.__('Free on the whole device.');
    case 'unknown':
      return trans.__('Free or used by others: the driver does not say.');
  }
}
