import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IDeviceReading, IGpuProcess } from '../../core/wire/generated';
import { whyNotStoppable } from '../../core/text/processtext';
import { formatBytes, formatExact } from '../../core/text/units';
import type { IServerKernels } from '../../model/server/tokens';
import type { IKernelActions } from './kernelactions';
import { formatSpan, processName } from './processwords';
import { Link } from '../shared/link';

/** The devices of the active kernel, which may count them otherwise than the driver. */
export interface IActiveDevices {
  /** The notebook's name. */
  readonly title: string;
  readonly devices: readonly IDeviceReading[];
}

/** What is needed to draw processes. */
export interface IProcessesProps {
  readonly serverKernels: IServerKernels;
  readonly nowMs: number;
  readonly actions: IKernelActions;
  /** Whether processes can be stopped at all; else nothing offers to. */
  readonly mayStop: boolean;
  /** The notebook or console that the panel is about; null without figures. */
  readonly active: IActiveDevices | null;
  readonly trans: TranslationBundle;
}

/** What a process has in one place. */
export interface IProcessFigure {
  /** Which GPU; null where that is plain. */
  readonly place: string | null;
  /** Null is unknown. */
  readonly bytes: number | null;
}

/** Properties of `ProcessRow`. */
export interface IProcessRowProps extends IProcessesProps {
  readonly process: IGpuProcess;
  readonly figures: readonly IProcessFigure[];
}

/** One process: what it is, how much it has, and a way to stop it. */
export function ProcessRow(props: IProcessRowProps): React.JSX.Element {
  const { process, figures, serverKernels, trans } = props;
  return (
    <tr>
      <th scope="row">
        <span
          className="jp-VramProcesses-name"
          title={process.command ?? undefined}
        >
          {processName(process, serverKernels.kernels, trans)}
        </span>
        {process.leftover && <Leftover process={process} trans={trans} />}
        <span className="jp-VramPanel-quiet jp-VramProcesses-details">
          {detailsOf(props).join(' · ')}
        </span>
      </th>
      <td>
        {figures.map(({ place, bytes }) => (
          <span
            key={place}
            className="jp-VramProcesses-figure"
            title={bytes === null ? undefined : formatExact(bytes, trans)}
          >
            {place !== null && (
              <span className="jp-VramPanel-quiet">{place} </span>
            )}
            {bytes === null ? trans.__('unknown') : formatBytes(bytes)}
          </span>
        ))}
        <Stop {...props} />
      </td>
    </tr>
  );
}

function Leftover(props: {
  readonly process: IGpuProcess;
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const { process, trans } = props;
  const isOrphan = process.leftover === 'orphan';
  return (
    <span
      className="jp-VramProcesses-leftover"
      data-orphan={isOrphan}
      title={
        isOrphan
          ? trans.__('Its parent process, or its Jupyter server, has ended.')
          : trans.__('No running notebook owns it.')
      }
    >
      {isOrphan ? trans.__('orphan') : trans.__('orphan?')}
    </span>
  );
}

function Stop(props: IProcessRowProps): React.JSX.Element | null {
  const { process, serverKernels, nowMs, actions, mayStop, trans } = props;
  if (!mayStop) {
    return null;
  }
  const name = processName(process, serverKernels.kernels, trans);
  const stops = trans.__('Stop %1 (PID %2)…', name, process.pid);
  if (process.identity === null) {
    return process.isKernel ? null : (
      <Link
        label={trans.__('Stop…')}
        describes={stops}
        refusal={whyNotStoppable(process, trans)}
        act={() => undefined}
      />
    );
  }
  const pending = serverKernels.pendingStop(process.identity);
  const isEarly = pending !== null && nowMs < pending.mayKillMs;
  return (
    <Link
      label={pending ? trans.__('Kill…') : trans.__('Stop…')}
      describes={
        pending ? trans.__('Kill %1 (PID %2)…', name, process.pid) : stops
      }
      refusal={
        isEarly ? trans.__('It was asked to end. Give it a moment.') : null
      }
      act={() => actions.stop(process, pending !== null)}
    />
  );
}

function detailsOf({
  process,
  nowMs,
  serverKernels,
  trans
}: IProcessRowProps): string[] {
  const details = [trans.__('PID %1', process.pid)];
  if (!process.isVisible) {
    return [...details, trans.__('on the host or in another container')];
  }
  if (process.user !== null) {
    details.push(process.user);
  }
  if (process.startedSeconds !== null) {
    const span = formatSpan(nowMs - process.startedSeconds * 1000, trans);
    details.push(trans.__('for %1', span));
  }
  const isOurs = serverKernels.kernels.some(
    kernel => kernel.kernelId === process.kernelId
  );
  if (process.notebook !== null && !isOurs) {
    details.push(trans.__('of another server'));
  }
  return details;
}
