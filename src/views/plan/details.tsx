import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IFitPlan } from '../../core/plan';
import { noteSentence, qualityNote, termsOf, termWords } from '../../core/plan';
import { formatBytes, formatDelta, formatExact } from '../../core/text/units';
import type { IMonitor } from '../../model/tokens';
import { MessageText } from '../shared/message';
import type { IDevicesProps } from './across';

/** Properties of `Details`. */
export interface IDetailsProps {
  readonly plan: IFitPlan;
  readonly monitor: IMonitor | null;
  /** Draws what each GPU gets; null until it is loaded. */
  readonly Devices: React.ComponentType<IDevicesProps> | null;
  readonly trans: TranslationBundle;
}

/** Every term of the chosen plan, how sure it is, and what was measured since. */
export function Details(props: IDetailsProps): React.JSX.Element {
  const { plan, Devices, trans } = props;
  return (
    <div className="jp-VramPlan-details">
      <dl>
        {termsOf(plan).map(term => (
          <React.Fragment key={term.kind}>
            <dt data-role={term.role}>{termWords(term, plan, trans)}</dt>
            <dd data-role={term.role} title={formatExact(term.bytes, trans)}>
              {term.text}
            </dd>
          </React.Fragment>
        ))}
      </dl>
      {Devices && plan.split && <Devices split={plan.split} trans={trans} />}
      <p className="jp-VramPanel-quiet">{rangeWords(plan, trans)}</p>
      <p className="jp-VramPanel-quiet">{qualityNote(plan.format, trans)}</p>
      <Measured {...props} />
      {plan.notes.length > 0 && (
        <ul className="jp-VramPlan-notes">
          {plan.notes.map(note => (
            <li key={note.kind}>
              <MessageText text={noteSentence(note, trans)} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** How sure it is, and what is left of the GPU. */
function rangeWords(plan: IFitPlan, trans: TranslationBundle): string {
  const { low, high } = plan.driverBytes;
  const range = trans.__(
    'Between %1 and %2.',
    formatBytes(low),
    formatBytes(high)
  );
  const left = plan.verdicts[0]?.leftBytes;
  const rest =
    left === undefined
      ? ''
      : left >= 0
        ? trans.__('%1 stays free.', formatBytes(left))
        : trans.__('%1 is missing.', formatBytes(-left));
  return `${range} ${rest}`;
}

/** From this share of the planned weights on, what is allocated is taken for them. */
const LOADED_SHARE = 0.5;

/** What is allocated since a load, beside the plan. */
function Measured(props: IDetailsProps): React.JSX.Element | null {
  const { plan, monitor, trans } = props;
  const all = (monitor?.reading?.devices ?? [])
    .slice()
    .sort((a, b) => b.allocatedBytes - a.allocatedBytes);
  const devices = plan.split ? all : all.slice(0, 1);
  const allocatedBytes = devices.reduce((sum, d) => sum + d.allocatedBytes, 0);
  const isLoaded =
    devices.length > 0 && allocatedBytes >= LOADED_SHARE * plan.weightsBytes;
  if (!isLoaded || plan.runtime !== 'transformers') {
    return null;
  }
  const peakAllocatedBytes = devices.reduce<number | null>(
    (sum, { peakAllocatedBytes: peak }) =>
      sum === null || peak === null ? null : sum + peak,
    0
  );
  const off =
    peakAllocatedBytes === null
      ? null
      : peakAllocatedBytes - plan.peakBytes.likely;
  return (
    <p className="jp-VramPlan-measured">
      {trans.__(
        'Measured in this kernel: %1 allocated (weights planned: %2), peak %3 (planned: %4, %5).',
        formatBytes(allocatedBytes),
        formatBytes(plan.weightsBytes),
        formatBytes(peakAllocatedBytes),
        formatBytes(plan.peakBytes.likely),
        formatDelta(off)
      )}
    </p>
  );
}
