import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { gpuName, nameHere } from '../../core/text/devicename';
import {
  bytesOf,
  drawingOn,
  hasUnknown,
  isOn,
  processesOn,
  spreadOver,
  sumOf
} from '../../core/wire/usage';
import type { IGpu, IGpuProcess, ISurvey } from '../../core/wire/generated';
import { formatAge, formatBytes, formatExact } from '../../core/text/units';
import { whyNoSurvey } from './processwords';
import type { IProcessesProps } from './processrow';
import { ProcessRow } from './processrow';
import { MessageText } from '../shared/message';

/** Who uses each GPU, by the driver; or why that is not known. */
export function Processes(props: IProcessesProps): React.JSX.Element {
  const { serverKernels, nowMs, trans } = props;
  const { survey } = serverKernels;
  const why = whyNoSurvey(serverKernels, trans);
  if (why !== null || survey === null) {
    return (
      <p className="jp-VramPanel-quiet jp-VramProcesses-why">
        <MessageText text={why ?? ''} />
      </p>
    );
  }
  const age = serverKernels.surveyAgeMs(nowMs);
  const isStale = serverKernels.isSurveyStale(nowMs) && age !== null;
  const spread = spreadOver(survey);
  return (
    <div data-current={!isStale}>
      {survey.gpus.map(gpu => (
        <GpuTable
          key={gpu.uuid}
          gpu={gpu}
          {...{ survey, spread }}
          age={isStale ? trans.__('as of %1', formatAge(age, trans)) : null}
          {...props}
        />
      ))}
      <SpreadTable {...{ survey, spread }} {...props} />
    </div>
  );
}

interface ISurveyProps extends IProcessesProps {
  readonly survey: ISurvey;
  /** Processes that use several GPUs. */
  readonly spread: readonly IGpuProcess[];
}

/** One row for each process on several GPUs, with what it has on every one. */
function SpreadTable(props: ISurveyProps): React.JSX.Element | null {
  const { survey, spread, trans } = props;
  if (spread.length === 0) {
    return null;
  }
  return (
    <table className="jp-VramProcesses jp-VramProcesses-spread">
      <caption>{trans.__('On several GPUs')}</caption>
      <tbody>
        {spread.map(process => (
          <ProcessRow
            key={process.pid}
            process={process}
            figures={survey.gpus
              .filter(gpu => isOn(process, gpu))
              .map(gpu => ({
                place: gpuName(gpu, survey.gpus, trans),
                bytes: bytesOf(process, gpu.uuid)
              }))}
            {...props}
          />
        ))}
      </tbody>
    </table>
  );
}

interface IGpuTableProps extends ISurveyProps {
  readonly gpu: IGpu;
  /** How old the figures are, where that matters. */
  readonly age: string | null;
}

function GpuTable(props: IGpuTableProps): React.JSX.Element {
  const { gpu, survey, trans } = props;
  const spread = props.spread.filter(process => isOn(process, gpu));
  const processes = processesOn(gpu, survey).filter(
    process => !spread.includes(process)
  );
  return (
    <table className="jp-VramProcesses">
      <caption title={gpu.name ?? undefined}>
        {gpuName(gpu, survey.gpus, trans)}
        <Here {...props} />
        <span className="jp-VramProcesses-use">{useOf(props)}</span>
      </caption>
      <tbody>
        {!gpu.isListed && (
          <Rest
            label={trans.__(
              'The driver does not list the processes that use it.'
            )}
          />
        )}
        {gpu.isListed && processes.length + spread.length === 0 && (
          <Rest label={trans.__('The driver lists no process.')} />
        )}
        {processes.map(process => (
          <ProcessRow
            key={process.pid}
            process={process}
            figures={[{ place: null, bytes: bytesOf(process, gpu.uuid) }]}
            {...props}
          />
        ))}
        <Elsewhere {...props} spread={spread} />
        <Drawing {...props} />
        <Unlisted {...props} />
      </tbody>
    </table>
  );
}

/** What processes that have a row of their own use of one GPU. */
function Elsewhere(props: IGpuTableProps): React.JSX.Element | null {
  const { spread, gpu, trans } = props;
  const label = trans._n(
    '%1 process on several GPUs, below',
    '%1 processes on several GPUs, below',
    spread.length
  );
  const bytes = sumOf(spread.map(process => bytesOf(process, gpu.uuid)));
  return spread.length === 0 ? null : <Rest {...{ label, bytes, trans }} />;
}

/** GPU memory in use that no listed process accounts for. */
function Unlisted(props: IGpuTableProps): React.JSX.Element | null {
  const { gpu, survey, trans } = props;
  const label = hasUnknown(gpu, survey)
    ? trans.__('Processes of unknown size, and others')
    : trans.__('Other processes or containers');
  return (gpu.otherBytes ?? 0) > 0 ? (
    <Rest {...{ label, trans }} bytes={gpu.otherBytes} />
  ) : null;
}

/** What the active kernel calls a GPU, where it counts otherwise. */
function Here(props: IGpuTableProps): React.JSX.Element | null {
  const { gpu, survey, active, trans } = props;
  const name = nameHere(gpu, survey.gpus, active?.devices ?? []);
  return name === null || !active ? null : (
    <span className="jp-VramProcesses-here" title={active.title}>
      {trans.__('%1 in %2', name, active.title)}
    </span>
  );
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

function Drawing({ gpu, survey, trans }: IGpuTableProps): React.ReactNode {
  const drawing = drawingOn(gpu, survey);
  if (drawing.length === 0) {
    return null;
  }
  const bytes = sumOf(drawing.map(process => bytesOf(process, gpu.uuid)));
  const label = trans._n(
    'Screen and windows (%1 process)',
    'Screen and windows (%1 processes)',
    drawing.length
  );
  return <Rest label={label} bytes={bytes} trans={trans} />;
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
