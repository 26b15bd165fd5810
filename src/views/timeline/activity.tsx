import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { shortDeviceName } from '../../core/text/devicename';
import type { IDeviceReading, IReading } from '../../core/wire/generated';
import type { IMonitor } from '../../model/tokens';
import { Cells } from './cells';
import { knownUntilMs } from '../shared/freshness';
import { Section } from '../shared/section';
import { Unsupported } from '../shared/unsupported';
import { chartUnit, marksOf } from './series';
import { Timeline } from './timeline';

/** Properties of `Activity`. */
export interface IActivityProps {
  readonly monitor: IMonitor;
  readonly reading: IReading;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
}

/** The timeline and the cell runs of one device, which can be chosen. */
export function Activity(props: IActivityProps): React.JSX.Element | null {
  const { monitor, reading, nowMs, trans } = props;
  const [chosen, choose] = React.useState<string | null>(null);
  const used = reading.devices.filter(
    device => monitor.samples(device.id).length > 0
  );
  const device = pick(reading.devices, used, chosen);
  if (device === null) {
    return null;
  }
  const several = used.length > 1;
  const samples = monitor.samples(device.id);
  const timeline = {
    samples,
    marks: marksOf(monitor.records, device.id, s => monitor.toBrowserMs(s)),
    endMs: knownUntilMs(monitor, nowMs)
  };
  return (
    <>
      <Section
        id="timeline"
        title={trans.__('Timeline')}
        note={chartUnit(samples).name}
        tools={several && <Picker {...{ used, device, choose, trans }} />}
      >
        <Timeline key={device.id} timeline={timeline} trans={trans} />
      </Section>
      <Section
        id="cells"
        title={trans.__('Latest cells')}
        note={several ? shortDeviceName(device, trans) : undefined}
      >
        <Cells records={monitor.records} deviceId={device.id} trans={trans} />
        <Unsupported reading={reading} section="cells" trans={trans} />
      </Section>
    </>
  );
}

/** The chosen device, else the first that is in use, else the first. */
function pick(
  devices: readonly IDeviceReading[],
  used: readonly IDeviceReading[],
  chosen: string | null
): IDeviceReading | null {
  return (
    devices.find(device => device.id === chosen) ??
    used.find(device => device.reservedBytes > 0) ??
    devices[0] ??
    null
  );
}

interface IPickerProps {
  readonly used: readonly IDeviceReading[];
  readonly device: IDeviceReading;
  readonly choose: (id: string) => void;
  readonly trans: TranslationBundle;
}

function Picker(props: IPickerProps): React.JSX.Element {
  return (
    <select
      className="jp-VramPanel-picker"
      aria-label={props.trans.__('Device of the timeline and the cells')}
      value={props.device.id}
      onChange={event => props.choose(event.target.value)}
    >
      {props.used.map(device => (
        <option key={device.id} value={device.id}>
          {shortDeviceName(device, props.trans)}
        </option>
      ))}
    </select>
  );
}
