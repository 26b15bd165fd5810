import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { bytesOf, drawingOn, hasUnknown, processesOn } from '../core/usage';
import type { IGpu, IGpuProcess, ISurvey } from '../core/survey';
import { whyNotStoppable } from '../core/surveywords';
import { formatAge, formatBytes, formatExact } from '../core/units';
import type { IFleet } from '../model/fleettokens';
import type { IFleetActions } from './fleetactions';
import { formatSpan, processName, whyNoSurvey } from './fleetwords';
import { Link } from './link';
import { Sentence } from './sentence';

/** Properties of `Processes`. */
export interface IProcessesProps {
  readonly fleet: IFleet;
  readonly nowMs: number;
  readonly actions: IFleetActions;
  /** Whether processes can be stopped at all; else nothing offers to. */
  readonly mayStop: boolean;
  readonly trans: TranslationBundle;
}

/** Who uses each GPU, by the driver; or why that is not known. */
export function Processes(props: IProcessesProps): React.JSX.Element {
  const { fleet, nowMs, trans } = props;
  const { survey } = fleet;
  const why = whyNoSurvey(fleet, trans);
  if (why !== null || survey === null) {
    return (
      <p className="jp-VramPanel-quiet jp-VramProcesses-why">
        <Sentence text={why ?? ''} />
      </p>
    );
  }
  const age = fleet.surveyAgeMs(nowMs);
  const isStale = fleet.isSurveyStale(nowMs) && age !== null;
  return (
    <div data-current={!isStale}>
      {survey.gpus.map(gpu => (
        <GpuTable
          key={gpu.uuid}
          gpu={gpu}
          survey={survey}
          age={isStale ? trans.__('as of %1', formatAge(age, trans)) : null}
          {...props}
        />
      ))}
    </div>
  );
}

interface IGpuTableProps extends IProcessesProps {
  readonly gpu: IGpu;
  readonly survey: ISurvey;
  /** How old the figures are, where that matters. */
  readonly age: string | null;
}

function GpuTable(props: IGpuTableProps): React.JSX.Element {
  const { gpu, survey, trans } = props;
  const processes = processesOn(gpu, survey);
  return (
    <table className="jp-VramProcesses">
      <caption title={gpu.name ?? undefined}>
        {gpuName(gpu, trans)}
        <span className="jp-VramProcesses-use">{useOf(props)}</span>
      </caption>
      <tbody>
        {!gpu.isListed && (
          <Rest
            label={trans.__('The driver does not tell which processes use it.')}
          />
        )}
        {gpu.isListed && processes.length === 0 && (
          <Rest label={trans.__('The driver lists no process.')} />
        )}
        {processes.map(process => (
          <ProcessRow key={process.pid} process={process} {...props} />
        ))}
        <Drawing {...props} />
        {(gpu.otherBytes ?? 0) > 0 && (
          <Rest
            label={
              hasUnknown(gpu, survey)
                ? trans.__('Processes without a figure, and others')
                : trans.__('Other processes or containers')
            }
            bytes={gpu.otherBytes}
            trans={trans}
          />
        )}
      </tbody>
    </table>
  );
}

function gpuName(gpu: IGpu, trans: TranslationBundle): string {
  return gpu.parentUuid === null
    ? trans.__('GPU %1', gpu.index)
    : trans.__('MIG slice %1', gpu.index);
}

function useOf({ gpu, age, trans }: IGpuTableProps): string {
  const used =
    gpu.usedBytes === null
      ? trans.__('used: unknown')
      : gpu.totalBytes === null
        ? trans.__('%1 used', formatBytes(gpu.usedBytes))
        : trans.__(
            '%1 of %2',
            formatBytes(gpu.usedBytes),
            formatBytes(gpu.totalBytes)
          );
  return age === null ? used : `${used} · ${age}`;
}

interface IProcessRowProps extends IGpuTableProps {
  readonly process: IGpuProcess;
}

function ProcessRow(props: IProcessRowProps): React.JSX.Element {
  const { process, gpu, fleet, trans } = props;
  const bytes = bytesOf(process, gpu.uuid);
  return (
    <tr>
      <th scope="row">
        <span
          className="jp-VramProcesses-name"
          title={process.command ?? undefined}
        >
          {processName(process, fleet.kernels, trans)}
        </span>
        {process.leftover && <Leftover process={process} trans={trans} />}
        <span className="jp-VramPanel-quiet jp-VramProcesses-details">
          {detailsOf(props).join(' · ')}
        </span>
      </th>
      <td title={bytes === null ? undefined : formatExact(bytes, trans)}>
        {bytes === null ? trans.__('unknown') : formatBytes(bytes)}
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
          ? trans.__('What started it is gone, and nothing will end it.')
          : trans.__('No running notebook owns it.')
      }
    >
      {isOrphan ? trans.__('left over') : trans.__('left over?')}
    </span>
  );
}

function Stop(props: IProcessRowProps): React.JSX.Element | null {
  const { process, fleet, nowMs, actions, mayStop, trans } = props;
  if (!mayStop) {
    return null;
  }
  if (process.identity === null) {
    return process.isKernel ? null : (
      <Link
        label={trans.__('Stop…')}
        refusal={whyNotStoppable(process, trans)}
        act={() => undefined}
      />
    );
  }
  const pending = fleet.pendingStop(process.identity);
  const isEarly = pending !== null && nowMs < pending.mayKillMs;
  return (
    <Link
      label={pending ? trans.__('Kill…') : trans.__('Stop…')}
      refusal={
        isEarly ? trans.__('It was asked to end. Give it a moment.') : null
      }
      act={() => actions.stop(process, pending !== null)}
    />
  );
}

function Drawing({ gpu, survey, trans }: IGpuTableProps): React.ReactNode {
  const drawing = drawingOn(gpu, survey);
  if (drawing.length === 0) {
    return null;
  }
  const figures = drawing.map(process => bytesOf(process, gpu.uuid));
  const bytes = figures.reduce((a, b) => (a ?? 0) + (b ?? 0), 0);
  const label = trans._n(
    'Screen and windows (%1 process)',
    'Screen and windows (%1 processes)',
    drawing.length
  );
  return (
    <Rest
      label={label}
      bytes={figures.includes(null) ? null : bytes}
      trans={trans}
    />
  );
}

interface IRestProps {
  readonly label: string;
  /** Null is unknown; absent is no figure at all. */
  readonly bytes?: number | null;
  readonly trans?: TranslationBundle;
}

function Rest({ label, bytes, trans }: IRestProps): React.JSX.Element {
  const hasFigure = bytes !== undefined && trans !== undefined;
  return (
    <tr className="jp-VramProcesses-rest">
      <th scope="row" colSpan={hasFigure ? 1 : 2}>
        {label}
      </th>
      {hasFigure && (
        <td title={bytes === null ? undefined : formatExact(bytes, trans)}>
          {bytes === null ? trans.__('unknown') : formatBytes(bytes)}
        </td>
      )}
    </tr>
  );
}

function detailsOf({
  process,
  nowMs,
  fleet,
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
  const isOurs = fleet.kernels.some(
    kernel => kernel.kernelId === process.kernelId
  );
  if (process.notebook !== null && !isOurs) {
    details.push(trans.__('of another server'));
  }
  return details;
}
