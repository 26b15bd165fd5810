import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { deviceName } from '../../core/text/devicename';
import type { IDeviceReading } from '../../core/wire/generated';
import { formatBytes, formatExact } from '../../core/text/units';
import { Bar } from './bar';

/** Properties of `Device`. */
export interface IDeviceProps {
  readonly device: IDeviceReading;
  readonly trans: TranslationBundle;
}

/** One device: its name, the driver's figure, torch's figures, and where they are. */
export function Device(props: IDeviceProps): React.JSX.Element {
  return (
    <section className="jp-VramPanel-section jp-VramDevice">
      <DeviceName {...props} />
      <DeviceFigures {...props} />
    </section>
  );
}

/** torch's figures of one device, and where they are. */
export function DeviceFigures(props: IDeviceProps): React.JSX.Element {
  const { device, trans } = props;
  return (
    <>
      <div className="jp-VramDevice-figures">
        <Figure
          bytes={device.allocatedBytes}
          label={trans.__('allocated')}
          trans={trans}
          main={true}
        />
        <span className="jp-VramDevice-side">
          <Figure
            bytes={device.reservedBytes}
            label={trans.__('reserved')}
            trans={trans}
          />
          {device.peakAllocatedBytes !== null && (
            <Figure
              bytes={device.peakAllocatedBytes}
              label={trans.__('peak')}
              trans={trans}
            />
          )}
        </span>
      </div>
      <Bar device={device} trans={trans} />
    </>
  );
}

/** A device on which the kernel holds nothing: its name and bar only. */
export function UnusedDevice(props: IDeviceProps): React.JSX.Element {
  const { device, trans } = props;
  return (
    <section className="jp-VramPanel-section jp-VramDevice">
      <DeviceName device={device} trans={trans} />
      <Bar device={device} trans={trans} slim={true} />
      <p className="jp-VramPanel-quiet">
        {trans.__('This kernel holds nothing here.')}
      </p>
    </section>
  );
}

function DeviceName(props: IDeviceProps): React.JSX.Element {
  const { device, trans } = props;
  return (
    <>
      <h3 className="jp-VramDevice-name">
        <span className="jp-VramDevice-product" title={device.name}>
          {device.kind === 'practice'
            ? trans.__('torch on the CPU')
            : device.name}
        </span>
        {device.kind === 'practice' && (
          <span className="jp-VramDevice-chip" data-kind="practice">
            {trans.__('practice device')}
          </span>
        )}
        {device.kind === 'hip' && (
          <span
            className="jp-VramDevice-chip"
            title={trans.__('An AMD GPU, which torch addresses as cuda')}
          >
            {trans.__('HIP')}
          </span>
        )}
      </h3>
      <p className="jp-VramPanel-quiet">{subtitle(device, trans)}</p>
    </>
  );
}

interface IFigureProps {
  readonly bytes: number;
  readonly label: string;
  readonly trans: TranslationBundle;
  readonly main?: boolean;
}

function Figure(props: IFigureProps): React.JSX.Element {
  const [number, unit] = formatBytes(props.bytes).split(/\s/);
  return (
    <span
      className="jp-VramDevice-figure"
      data-main={props.main === true}
      title={formatExact(props.bytes, props.trans)}
    >
      <b>{number}</b> {unit} {props.label}
    </span>
  );
}

/** Which device it is, and what the driver says of it. */
export function subtitle(
  device: IDeviceReading,
  trans: TranslationBundle
): string {
  const { freeBytes, totalBytes } = device;
  if (device.kind === 'practice') {
    return trans.__('Stands in for a GPU.');
  }
  const place = deviceName(device, trans);
  const figure =
    freeBytes === null || totalBytes === null
      ? trans.__('driver value unknown')
      : driverFigure(totalBytes - freeBytes, totalBytes, trans);
  return `${place} · ${figure}`;
}

function driverFigure(
  usedBytes: number,
  totalBytes: number,
  trans: TranslationBundle
): string {
  const used = formatBytes(usedBytes);
  const total = formatBytes(totalBytes);
  const [number, unit] = used.split(/\s/);
  const short = unit !== undefined && total.endsWith(unit) ? number : used;
  return trans.__('driver %1 of %2', short ?? used, total);
}

/** As in `14.2 / 24.0 GiB`, or `14.2 GiB` where the total is unknown. */
export function ofTotal(device: IDeviceReading): string {
  const allocated = formatBytes(device.allocatedBytes);
  if (device.totalBytes === null) {
    return allocated;
  }
  const total = formatBytes(device.totalBytes);
  const [number, unit] = allocated.split(/\s/);
  return unit !== undefined && total.endsWith(unit)
    ? `${number} / ${total}`
    : `${allocated} / ${total}`;
}
