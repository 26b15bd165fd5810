import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { holdingOf } from '../../core/wire/usage';
import type { ICellRecord, IReading } from '../../core/wire/generated';
import { formatAge, formatBytes, formatExact } from '../../core/text/units';
import type { IServerKernels, IServerKernel } from '../../model/server/tokens';
import type { IKernelActions } from './kernelactions';
import { formatSpan, kernelName } from './processwords';
import { type IStateWords, stateWords } from '../shared/freshness';
import { Link } from '../shared/link';
import { refusal } from '../clear/refusal';

/** Properties of `Kernels`. */
export interface IKernelsProps {
  readonly serverKernels: IServerKernels;
  readonly nowMs: number;
  readonly actions: IKernelActions;
  readonly trans: TranslationBundle;
}

/** All running Python kernels of the server: two lines and a row of figures each. */
export function Kernels(props: IKernelsProps): React.JSX.Element {
  const { serverKernels, trans } = props;
  if (serverKernels.kernels.length === 0) {
    return (
      <p className="jp-VramPanel-quiet">
        {trans.__('No Python kernel is running.')}
      </p>
    );
  }
  return (
    <table className="jp-VramKernels">
      <caption>{trans.__('Notebooks')}</caption>
      <thead>
        <tr>
          <th scope="col">{trans.__('Allocated')}</th>
          <th scope="col">{trans.__('Reserved')}</th>
          <th
            scope="col"
            title={trans.__('Memory of its process, as the driver reports it')}
          >
            {trans.__('Driver')}
          </th>
        </tr>
      </thead>
      {serverKernels.kernels.map(kernel => (
        <KernelRows key={kernel.kernelId} kernel={kernel} {...props} />
      ))}
    </table>
  );
}

interface IKernelRowsProps extends IKernelsProps {
  readonly kernel: IServerKernel;
}

function KernelRows(props: IKernelRowsProps): React.JSX.Element {
  const { kernel, nowMs, trans } = props;
  const state = stateOf(kernel, nowMs, trans);
  const others = kernel.names.length - 1;
  return (
    <tbody data-tone={state.tone}>
      <tr>
        <th scope="rowgroup" colSpan={3} className="jp-VramKernels-head">
          <span className="jp-VramPanel-dot" aria-hidden="true" />
          <span className="jp-VramKernels-name" title={kernel.names.join(', ')}>
            {kernelName(kernel)}
            {others > 0 && ` +${others}`}
          </span>
          <span className="jp-VramKernels-state">{state.words}</span>
        </th>
      </tr>
      <FigureRow {...props} />
      <tr>
        <td colSpan={3} className="jp-VramKernels-foot">
          <span className="jp-VramPanel-quiet">
            {detailsOf(kernel, nowMs, trans).join(' · ')}
          </span>
          <Actions {...props} />
        </td>
      </tr>
    </tbody>
  );
}

function FigureRow(props: IKernelRowsProps): React.JSX.Element {
  const { kernel, serverKernels, trans } = props;
  const reading = kernel.monitor?.reading ?? kernel.lastRead?.reading ?? null;
  const holding =
    serverKernels.survey &&
    holdingOf(
      serverKernels.survey,
      kernel.kernelId,
      kernel.monitor?.reading?.pid
    );
  const children = holding?.childCount ?? 0;
  const note =
    children > 0
      ? trans._n(
          'with %1 process that it started',
          'with %1 processes that it started',
          children
        )
      : '';
  return (
    <tr>
      <Figure bytes={total(reading, 'allocatedBytes')} trans={trans} />
      <Figure bytes={total(reading, 'reservedBytes')} trans={trans} />
      <Figure bytes={holding?.bytes ?? null} note={note} trans={trans} />
    </tr>
  );
}

interface IFigureProps {
  readonly bytes: number | null;
  readonly note?: string;
  readonly trans: TranslationBundle;
}

function Figure({ bytes, note, trans }: IFigureProps): React.JSX.Element {
  const exact =
    bytes === null ? trans.__('unknown') : formatExact(bytes, trans);
  const title = note ? `${exact}, ${note}` : exact;
  return (
    <td title={title} data-known={bytes !== null}>
      {bytes === null ? trans.__('unknown') : formatBytes(bytes)}
    </td>
  );
}

function Actions(props: IKernelRowsProps): React.JSX.Element {
  const { kernel, actions, trans } = props;
  const { monitor } = kernel;
  const name = kernelName(kernel);
  return (
    <span className="jp-VramKernels-actions">
      {monitor === null && (
        <Link
          label={trans.__('Ask')}
          describes={trans.__('Ask %1', name)}
          refusal={kernel.isBeingAsked ? trans.__('It is being asked.') : null}
          act={() => actions.readOnce(kernel)}
        />
      )}
      <Link
        label={trans.__('Clear')}
        describes={trans.__('Clear %1', name)}
        refusal={
          monitor === null
            ? refusalElsewhere(kernel, trans)
            : refusal(monitor, trans)
        }
        act={() => actions.clear(kernel)}
      />
      {actions.canOpen(kernel) && (
        <Link
          label={trans.__('Go to')}
          describes={trans.__('Go to %1', name)}
          act={() => actions.open(kernel)}
        />
      )}
      <Link
        label={trans.__('Shut down…')}
        describes={trans.__('Shut down %1…', name)}
        act={() => actions.shutDown(kernel)}
      />
    </span>
  );
}

/** Why a kernel can't be cleared now that is open nowhere in this page. */
function refusalElsewhere(
  kernel: IServerKernel,
  trans: TranslationBundle
): string | null {
  if (kernel.isBeingAsked) {
    return trans.__('It is being asked.');
  }
  return kernel.state === 'busy'
    ? trans.__('A cell is running. Clear when it ends.')
    : null;
}

/** The sum over all devices; null if nothing is known. */
function total(
  reading: IReading | null,
  key: 'allocatedBytes' | 'reservedBytes'
): number | null {
  if (reading === null || reading.state === 'error') {
    return null;
  }
  return reading.devices.reduce((sum, device) => sum + device[key], 0);
}

function stateOf(
  kernel: IServerKernel,
  nowMs: number,
  trans: TranslationBundle
): IStateWords {
  if (kernel.monitor) {
    return stateWords(kernel.monitor, nowMs, trans);
  }
  const { lastRead } = kernel;
  const isBusy = kernel.state === 'busy';
  const state = isBusy ? trans.__('Busy') : trans.__('Idle');
  const tone = isBusy ? 'busy' : 'idle';
  if (kernel.isBeingAsked) {
    return { tone: 'waiting', words: trans.__('Asking') };
  }
  return lastRead?.reading
    ? {
        tone,
        words: trans.__(
          '%1 · as of %2',
          state,
          formatAge(nowMs - lastRead.takenMs, trans)
        )
      }
    : { tone, words: state };
}

function detailsOf(
  kernel: IServerKernel,
  nowMs: number,
  trans: TranslationBundle
): string[] {
  const details: string[] = [];
  const isIdle = kernel.monitor
    ? !kernel.monitor.busy
    : kernel.state === 'idle';
  if (isIdle && kernel.lastActivityMs !== null) {
    const span = formatSpan(nowMs - kernel.lastActivityMs, trans);
    details.push(trans.__('idle for %1', span));
  }
  const running = kernel.monitor?.running?.executionCount ?? null;
  const last = lastRecord(kernel);
  if (running !== null) {
    details.push(trans.__('cell [%1] is running', running));
  } else if (last && last.executionCount !== null) {
    details.push(trans.__('last cell [%1]', last.executionCount));
  }
  if (kernel.monitor === null) {
    details.push(notOpenWords(kernel, trans));
  }
  return details;
}

function notOpenWords(kernel: IServerKernel, trans: TranslationBundle): string {
  const { lastRead } = kernel;
  const failure = lastRead?.failure ?? null;
  if (failure !== null) {
    return failure === 'no-answer'
      ? trans.__('gave no answer')
      : failure(trans);
  }
  return kernel.connections > 0
    ? trans.__('open elsewhere')
    : trans.__('open nowhere');
}

function lastRecord(kernel: IServerKernel): ICellRecord | null {
  return kernel.monitor?.records.slice(-1)[0] ?? null;
}
