import * as React from 'react';

import type { KvFormat } from '../../core/plan';
import { firstThatFits, gpuOf, plansOf } from '../../core/plan';
import { PRESETS } from '../../core/plan/presets';
import type { IPlanProps } from '../plan';
import type { IKeyedGpu } from './cards';
import { chosenGpu } from './cards';
import { Choice } from './choice';
import { Details } from './details';
import { Insert } from './insert';
import { Problem } from './labelled';
import { Remedies } from './remedies';
import type { IChosen, Source } from './state';
import { chosenOf } from './state';
import { Table } from './table';
import { Target } from './target';

/** Properties of `Planner`. */
export type IPlannerProps = IPlanProps;

/** What the plans are for, besides the model. */
export interface ITerms {
  /** `kernel:` and a device's id, or `card:` and a card's name. */
  readonly gpuKey: string;
  readonly contextTokens: number;
  readonly kvFormat: KvFormat;
}

/** Chooses a model, a GPU and a context, and shows what fits. */
export function Planner(props: IPlannerProps): React.JSX.Element {
  const { monitor, trans } = props;
  const [source, setSource] = React.useState<Source>(FIRST);
  const [terms, setTerms] = React.useState<ITerms>(DEFAULT_TERMS);
  const chosen = React.useMemo(() => chosenOf(source), [source]);
  const kernelGpus = (monitor?.reading?.devices ?? []).flatMap(device => {
    const gpu = gpuOf(device);
    return gpu ? [{ key: `kernel:${device.id}`, gpu }] : [];
  });
  return (
    <div className="jp-VramPlan">
      <Choice {...{ monitor, source, setSource, trans }} />
      <Target {...{ kernelGpus, terms, setTerms, trans }} />
      <Problem problem={chosen.problem} />
      <Plans {...{ ...props, chosen, terms, setTerms, kernelGpus }} />
    </div>
  );
}

const FIRST: Source = { kind: 'preset', name: PRESETS[0]?.name ?? '' };
const DEFAULT_TERMS: ITerms = {
  gpuKey: '',
  contextTokens: 4096,
  kvFormat: 'model'
};

interface IPlansProps extends IPlannerProps {
  readonly chosen: IChosen;
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly kernelGpus: readonly IKeyedGpu[];
}

function Plans(props: IPlansProps): React.JSX.Element | null {
  const { chosen, terms, setTerms, kernelGpus, trans } = props;
  const [wanted, setWanted] = React.useState<string | null>(null);
  const { shape, native = null } = chosen;
  if (shape === undefined) {
    return null;
  }
  const gpu = chosenGpu(terms.gpuKey, kernelGpus)?.gpu ?? null;
  const options = {
    contextTokens: terms.contextTokens,
    kvFormat: terms.kvFormat,
    gpus: gpu ? [gpu] : []
  };
  const plans = plansOf({ shape, native }, options);
  const first = firstThatFits(plans);
  const plan =
    plans.find(({ format }) => format === wanted) ?? first ?? plans[0];
  if (plan === undefined) {
    return null;
  }
  const choose = setWanted;
  const remedy = { shape, options: { ...options, format: plan.format } };
  return (
    <>
      <Table {...{ plans, plan, first, gpu, choose, trans }} />
      <Details {...{ plan, trans }} monitor={props.monitor} />
      <Remedies {...{ ...remedy, terms, setTerms, choose, trans }} />
      <Insert
        key={`${chosen.model} ${chosen.gguf}`}
        {...{ chosen, plan, gpu, shape, options, trans }}
        actions={props.actions}
        hasDocument={props.hasDocument}
      />
    </>
  );
}
