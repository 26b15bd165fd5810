import type { TranslationBundle } from '@jupyterlab/translation';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { deviceName, shortDeviceName } from '../../core/text/devicename';
import type { IDeviceReading, IReading } from '../../core/wire/generated';
import { formatBytes } from '../../core/text/units';
import { Unsupported } from '../shared/unsupported';
import { Bar } from './bar';
import {
  Device,
  DeviceFigures,
  ofTotal,
  subtitle,
  UnusedDevice
} from './device';

/** Properties of `Devices`. */
export interface IDevicesProps {
  readonly reading: IReading;
  /** Whether the figures are of now. */
  readonly current: boolean;
  readonly trans: TranslationBundle;
}

/** More devices than this are lines that unfold. */
const FEW = 2;

/** Every device: a few at full length, many in a line each. */
export function Devices(props: IDevicesProps): React.JSX.Element {
  const { reading, current, trans } = props;
  const { devices, detail } = reading;
  return (
    <div className="jp-VramPanel-devices" data-current={current}>
      {detail !== null && (
        <p className="jp-VramDevices-lost" role="alert">
          {trans.__('Not every device answers. %1', detail)}
        </p>
      )}
      <Unsupported reading={reading} section="devices" trans={trans} />
      {devices.length > FEW ? (
        <Many devices={devices} trans={trans} />
      ) : (
        devices.map(device =>
          device.reservedBytes > 0 || devices.length === 1 ? (
            <Device key={device.id} device={device} trans={trans} />
          ) : (
            <UnusedDevice key={device.id} device={device} trans={trans} />
          )
        )
      )}
    </div>
  );
}

interface IManyProps {
  readonly devices: readonly IDeviceReading[];
  readonly trans: TranslationBundle;
}

function Many({ devices, trans }: IManyProps): React.JSX.Element {
  const [opened, setOpened] = React.useState<Record<string, boolean>>({});
  const main = fullest(devices);
  const name = commonName(devices);
  return (
    <section className="jp-VramPanel-section jp-VramDevice">
      <Total {...{ devices, name, trans }} />
      <ul className="jp-VramDevices-list">
        {devices.map(device => {
          const open = opened[device.id] ?? device.id === main?.id;
          return (
            <Row
              key={device.id}
              {...{ device, open, trans }}
              name={name === null ? device.name : null}
              toggle={() => setOpened({ ...opened, [device.id]: !open })}
            />
          );
        })}
      </ul>
    </section>
  );
}

interface ITotalProps extends IManyProps {
  /** The name of all of them; null where they differ. */
  readonly name: string | null;
}

/** What they are, and how much this kernel has on all of them. */
function Total({ devices, name, trans }: ITotalProps): React.JSX.Element {
  const allocated = devices.reduce((sum, each) => sum + each.allocatedBytes, 0);
  const used = devices.filter(({ reservedBytes }) => reservedBytes > 0);
  return (
    <>
      <h3 className="jp-VramDevice-name">
        <span className="jp-VramDevice-product" title={name ?? undefined}>
          {name === null
            ? trans.__('%1 devices', devices.length)
            : trans.__('%1 × %2', devices.length, name)}
        </span>
      </h3>
      <p className="jp-VramPanel-quiet">
        {trans.__(
          '%1 allocated, on %2 of %3',
          formatBytes(allocated),
          used.length,
          devices.length
        )}
      </p>
    </>
  );
}

/** The product's name if it is that of all; else null. */
function commonName(devices: readonly IDeviceReading[]): string | null {
  const name = devices[0]?.name ?? null;
  return devices.every(each => each.name === name) ? name : null;
}

interface IRowProps {
  readonly device: IDeviceReading;
  /** Shown where devices differ. */
  readonly name: string | null;
  readonly open: boolean;
  readonly toggle: () => void;
  readonly trans: TranslationBundle;
}

function Row(props: IRowProps): React.JSX.Element {
  const { device, name, open, toggle, trans } = props;
  const detailsId = React.useId();
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <li>
      <button
        type="button"
        className="jp-VramDevices-line"
        aria-expanded={open}
        aria-controls={detailsId}
        onClick={toggle}
      >
        <Caret.react tag="span" className="jp-VramPanel-caret" />
        <Place device={device} trans={trans} />
        <Bar device={device} trans={trans} slim={true} />
        <span className="jp-VramDevices-figure">{ofTotal(device)}</span>
      </button>
      {name !== null && (
        <p className="jp-VramDevices-product" title={name}>
          {name}
        </p>
      )}
      <div id={detailsId} hidden={!open} className="jp-VramDevices-details">
        {open && (
          <>
            <p className="jp-VramPanel-quiet">{subtitle(device, trans)}</p>
            <DeviceFigures device={device} trans={trans} />
          </>
        )}
      </div>
    </li>
  );
}

function Place(props: Pick<IRowProps, 'device' | 'trans'>): React.JSX.Element {
  const { device, trans } = props;
  return (
    <span className="jp-VramDevices-place" title={deviceName(device, trans)}>
      {device.kind === 'practice'
        ? trans.__('Practice')
        : shortDeviceName(device, trans)}
    </span>
  );
}

/** The device of which this kernel has most; null where it has nothing. */
function fullest(devices: readonly IDeviceReading[]): IDeviceReading | null {
  return devices.reduce<IDeviceReading | null>(
    (most, each) =>
      each.reservedBytes > (most?.reservedBytes ?? 0) ? each : most,
    null
  );
}
