import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { deviceName } from '../../core/text/devicename';
import type { IDeviceReading } from '../../core/wire/generated';
import { formatBytes } from '../../core/text/units';
import type { IMonitor } from '../../model/tokens';
import { ofTotal } from '../devices/device';
import { Follower, type ITargetSource } from '../shared/follower';

/** What a status item is made of. */
export interface IStatusOptions {
  readonly source: ITargetSource;
  /** Called when the item is clicked. */
  readonly clicked: () => void;
  readonly translator?: ITranslator;
}

/** The status bar's item: allocated of total, tinted while a warning lasts. */
export class VramStatus extends Follower {
  constructor(options: IStatusOptions) {
    super(options.source, options.translator);
    this._clicked = options.clicked;
    this.addClass('jp-VramStatus');
  }

  protected override render(): React.JSX.Element {
    const words = statusWords(this.source.target.monitor, this.trans);
    return (
      <button
        type="button"
        className="jp-VramStatus-button"
        data-warning={words.warning}
        title={words.tooltip}
        onClick={this._clicked}
      >
        {words.text}
      </button>
    );
  }

  private readonly _clicked: () => void;
}

/** What the item shows. */
export interface IStatusWords {
  readonly text: string;
  readonly tooltip: string;
  readonly warning: boolean;
}

/** The item's words for a monitor, or for none. */
export function statusWords(
  monitor: IMonitor | null,
  trans: TranslationBundle
): IStatusWords {
  const known = monitor?.status === 'attached' ? monitor.reading : null;
  const devices = known?.devices ?? [];
  const main = devices.reduce<IDeviceReading | null>(
    (most, device) =>
      most === null || device.allocatedBytes > most.allocatedBytes
        ? device
        : most,
    null
  );
  const warnings = (monitor?.warnings ?? []).filter(
    warning => warning.severity === 'warning'
  );
  if (main === null) {
    return {
      text: trans.__('VRAM'),
      tooltip: trans.__('Show the GPU memory panel'),
      warning: false
    };
  }
  return {
    text: figureText(main, trans),
    tooltip: [
      ...devices.map(device => deviceLine(device, trans)),
      ...warnings.map(warning => warning.sentence.replace(/`/g, ''))
    ].join('\n'),
    warning: warnings.length > 0
  };
}

function figureText(device: IDeviceReading, trans: TranslationBundle): string {
  const figure = ofTotal(device);
  return device.kind === 'practice'
    ? trans.__('Practice VRAM %1', figure)
    : trans.__('VRAM %1', figure);
}

function deviceLine(device: IDeviceReading, trans: TranslationBundle): string {
  const name =
    device.kind === 'practice'
      ? trans.__('%1 (practice device)', device.name)
      : `${deviceName(device, trans)}, ${device.name}`;
  return trans.__(
    '%1: %2 allocated, %3 reserved',
    name,
    formatBytes(device.allocatedBytes),
    formatBytes(device.reservedBytes)
  );
}
