import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IFitPlan } from '../../core/plan';
import { onGpuWeightsBytes, planWords, qualityNote } from '../../core/plan';
import { formatBytes, formatExact } from '../../core/text/units';

/** Properties of `Table`. */
export interface ITableProps {
  readonly plans: readonly IFitPlan[];
  /** The one whose details are shown. */
  readonly plan: IFitPlan;
  /** The best that fits; null if none does. */
  readonly first: IFitPlan | null;
  readonly choose: (format: string) => void;
  readonly trans: TranslationBundle;
}

/** One row for each format: its parts as a bar against the GPU, and whether it fits. */
export function Table(props: ITableProps): React.JSX.Element {
  const { plans, trans } = props;
  const name = React.useId();
  return (
    <div
      className="jp-VramPlan-table"
      role="radiogroup"
      aria-label={trans.__('Formats')}
    >
      <Key trans={trans} />
      {plans.map(plan => (
        <Row key={plan.format} {...props} row={plan} name={name} />
      ))}
    </div>
  );
}

interface IRowProps extends ITableProps {
  readonly row: IFitPlan;
  readonly name: string;
}

function Row(props: IRowProps): React.JSX.Element {
  const { row, plan, first, choose, name, trans } = props;
  const status = row.verdicts[0]?.status ?? 'unknown';
  const isFirst = row.format === first?.format;
  const { likely } = row.driverBytes;
  const words = isFirst ? trans.__('best that fits') : planWords(row, trans);
  return (
    <label
      className="jp-VramPlan-row"
      data-status={status}
      data-first={isFirst}
      title={qualityNote(row.format, trans)}
    >
      <input
        type="radio"
        name={name}
        checked={row.format === plan.format}
        onChange={() => choose(row.format)}
      />
      <span className="jp-VramPlan-format">{row.format}</span>
      <PlanBar plan={row} />
      <span className="jp-VramPlan-figure" title={formatExact(likely, trans)}>
        {formatBytes(likely)}
      </span>
      <span className="jp-VramPlan-status">{words}</span>
    </label>
  );
}

/** The parts of a plan against what its GPU, or all of them, have free; the rest of the track is headroom. */
function PlanBar({ plan }: { readonly plan: IFitPlan }): React.JSX.Element {
  const available = plan.verdicts[0]?.availableBytes ?? 0;
  const whole = Math.max(available, plan.driverBytes.likely, 1);
  const weightsBytes = onGpuWeightsBytes(plan);
  const rest =
    plan.driverBytes.likely -
    weightsBytes -
    plan.kvCacheBytes -
    plan.activationBytes;
  const parts = [
    ['weights', weightsBytes],
    ['cache', plan.kvCacheBytes],
    ['activations', plan.activationBytes],
    ['context', Math.max(0, rest)]
  ] as const;
  const isOver = available > 0 && plan.driverBytes.likely > available;
  return (
    <span className="jp-VramPlan-bar" aria-hidden="true">
      {parts.map(([part, bytes]) => (
        <span
          key={part}
          data-plan={part}
          style={{ width: `${(bytes / whole) * 100}%` }}
        />
      ))}
      {isOver && (
        <span
          className="jp-VramPlan-limit"
          style={{ left: `${(available / whole) * 100}%` }}
        />
      )}
    </span>
  );
}

/** What the colors mean. */
function Key({
  trans
}: {
  readonly trans: TranslationBundle;
}): React.JSX.Element {
  const keys = [
    ['weights', trans.__('weights')],
    ['cache', trans.__('keys and values')],
    ['activations', trans.__('activations')],
    ['context', trans.__('CUDA')]
  ] as const;
  return (
    <p className="jp-VramPlan-key">
      {keys.map(([part, label]) => (
        <span key={part}>
          <span className="jp-VramPlan-swatch" data-plan={part} />
          {label}
        </span>
      ))}
    </p>
  );
}
