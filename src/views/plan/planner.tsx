import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  IFitOptions,
  IFitPlan,
  IGpu,
  IModelShape,
  Planning
} from '../../core/plan';
import {
  firstThatFits,
  firstToShow,
  gpuOf,
  isSure,
  planFit,
  plansOf
} from '../../core/plan';
import { shortDeviceName } from '../../core/text/devicename';
import { PRESETS } from '../../core/plan/presets';
import type { IMonitor } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import type { IKeyedGpu } from './cards';
import { canSpread, chosenGpus } from './cards';
import { Choice } from './choice';
import { Details } from './details';
import { Insert } from './insert';
import { Problem } from './labelled';
import { Remedies } from './remedies';
import type { IChosen, ITerms, Source } from './state';
import { chosenOf, DEFAULT_TERMS } from './state';
import { Table } from './table';
import { Target } from './target';
import type { IAcross } from './useacross';
import { useAcross } from './useacross';

/** Properties of `Planner`. */
export interface IPlannerProps {
  readonly monitor: IMonitor | null;
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
  /** Whether there is a notebook or console that takes cells. */
  readonly hasDocument: boolean;
}

/** Chooses a model, a GPU and a context, and shows what fits. */
export function Planner(props: IPlannerProps): React.JSX.Element {
  const { monitor, trans } = props;
  const [source, setSource] = React.useState<Source>(FIRST);
  const [terms, setTerms] = React.useState<ITerms>(DEFAULT_TERMS);
  const chosen = React.useMemo(() => chosenOf(source), [source]);
  const devices = monitor?.reading?.devices ?? [];
  const kernelGpus = devices.flatMap(device => {
    const gpu = gpuOf(device);
    const place =
      devices.length > 1 ? `${shortDeviceName(device, trans)}, ` : '';
    return gpu
      ? [
          {
            key: `kernel:${device.id}`,
            gpu: { ...gpu, name: place + gpu.name }
          }
        ]
      : [];
  });
  return (
    <div className="jp-VramPlan">
      <Choice {...{ monitor, source, setSource, trans }} />
      <Target {...{ kernelGpus, terms, setTerms, trans }} />
      <Problem problem={chosen.problem?.(trans) ?? null} />
      <Plans {...{ ...props, chosen, terms, setTerms, kernelGpus }} />
    </div>
  );
}

const FIRST: Source = { kind: 'preset', name: PRESETS[0]?.name ?? '' };

/** The plan for all GPUs of the kernel, where one of several is not enough. */
function togetherOf(
  plan: IFitPlan,
  shape: IModelShape,
  options: IFitOptions,
  kernelGpus: readonly IKeyedGpu[],
  planning: Planning | undefined
): IFitPlan | null {
  const all = kernelGpus.map(({ gpu }) => gpu);
  const { gpus = [] } = options;
  const isOneOfMany =
    gpus.length === 1 &&
    canSpread(kernelGpus) &&
    all.some(gpu => gpu === gpus[0]);
  return !isOneOfMany || !planning || isSure(plan)
    ? null
    : planning(shape, { ...options, format: plan.format, gpus: all });
}

interface IPlansProps extends IPlannerProps {
  readonly chosen: IChosen;
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly kernelGpus: readonly IKeyedGpu[];
}

/** The plans, once what they need is loaded. */
function Plans(props: IPlansProps): React.JSX.Element | null {
  const { chosen, terms, kernelGpus, trans } = props;
  const gpus = chosenGpus(terms.gpuKey, terms.gpuCount, kernelGpus);
  const across = useAcross(gpus.length > 1 || canSpread(kernelGpus));
  const { shape } = chosen;
  const { contextTokens } = terms;
  if (shape === undefined || contextTokens === null) {
    return null;
  }
  if (gpus.length > 1 && (across === null || across === 'failed')) {
    return (
      <p className="jp-VramPanel-quiet">
        {across === null
          ? trans.__('Loading …')
          : trans.__('The planner could not be loaded.')}
      </p>
    );
  }
  const loaded = across === 'failed' ? null : across;
  return (
    <Shown {...{ ...props, shape, contextTokens, gpus }} across={loaded} />
  );
}

interface IShownProps extends IPlansProps {
  readonly shape: IModelShape;
  readonly contextTokens: number;
  readonly gpus: readonly IGpu[];
  readonly across: IAcross | null;
}

function Shown(props: IShownProps): React.JSX.Element | null {
  const { chosen, terms, setTerms, kernelGpus, trans } = props;
  const { shape, contextTokens, gpus, across } = props;
  const [wanted, setWanted] = React.useState<string | null>(null);
  const { native = null } = chosen;
  const { kvFormat } = terms;
  const options = { contextTokens, kvFormat, gpus };
  const planning = (gpus.length > 1 ? across?.planAcross : null) ?? planFit;
  const plans = plansOf({ shape, native }, options, planning);
  const first = firstThatFits(plans);
  const plan =
    plans.find(({ format }) => format === wanted) ?? firstToShow(plans);
  if (plan === null) {
    return null;
  }
  const choose = setWanted;
  const remedy = {
    shape,
    options: { ...options, format: plan.format },
    planning,
    together: togetherOf(plan, shape, options, kernelGpus, across?.planAcross)
  };
  return (
    <>
      <Table {...{ plans, plan, first, choose, trans }} />
      <Details
        {...{ plan, trans }}
        monitor={props.monitor}
        Devices={across?.Devices ?? null}
      />
      <Remedies {...{ ...remedy, terms, setTerms, choose, trans }} />
      <Insert
        key={`${chosen.model} ${chosen.gguf}`}
        {...{ chosen, plan, gpus, shape, options, trans }}
        actions={props.actions}
        hasDocument={props.hasDocument}
      />
    </>
  );
}
