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
  plansOf,
  rememberedPlanFit
} from '../../core/plan';
import { shortDeviceName } from '../../core/text/devicename';
import { PRESETS } from '../../core/plan/presets';
import type { IMonitor } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import type { Devices, planAcross } from './across';
import type { IKeyedGpu } from './cards';
import { canSpread, chosenGpu, chosenGpus, isCard } from './cards';
import { Choice } from './choice';
import { Details } from './details';
import { Insert } from './insert';
import { Problem } from './labelled';
import { Remedies } from './remedies';
import type { IChosen, ITerms, Source } from './state';
import { chosenOf, DEFAULT_TERMS } from './state';
import { Table } from './table';
import { Target } from './target';

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
  const kernelGpus = useSame(kernelGpusOf(monitor, trans));
  return (
    <div className="jp-VramPlan">
      <Choice {...{ monitor, source, setSource, trans }} />
      <Target {...{ kernelGpus, terms, setTerms, trans }} />
      <Problem problem={chosen.problem?.(trans) ?? null} />
      <Plans {...{ ...props, chosen, terms, setTerms, kernelGpus }} />
    </div>
  );
}

/** `value`; the object of an earlier drawing, if it has the same content: what is made of it is kept. */
function useSame<T>(value: T): T {
  const content = JSON.stringify(value);
  return React.useMemo(() => value, [content]);
}

function kernelGpusOf(
  monitor: IMonitor | null,
  trans: TranslationBundle
): IKeyedGpu[] {
  const devices = monitor?.reading?.devices ?? [];
  return devices.flatMap(device => {
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
}

const FIRST: Source = { kind: 'preset', name: PRESETS[0]?.name ?? '' };

/** All GPUs of the kernel, where the chosen one is one of several. */
function othersToo(
  { gpuKey, gpuCount }: ITerms,
  kernelGpus: readonly IKeyedGpu[]
): readonly IGpu[] | null {
  const chosen = chosenGpu(gpuKey, kernelGpus);
  const isOneOfMany =
    chosen !== null &&
    !isCard(chosen) &&
    canSpread(kernelGpus) &&
    chosenGpus(gpuKey, gpuCount, kernelGpus).length === 1;
  return isOneOfMany ? kernelGpus.map(({ gpu }) => gpu) : null;
}

/** What plans for several GPUs and draws such plans. */
interface IAcross {
  readonly planAcross: typeof planAcross;
  readonly Devices: typeof Devices;
}

/** That, loaded once it is wanted; null before, and `failed` where it can't be. */
function useAcross(isWanted: boolean): IAcross | 'failed' | null {
  const [across, setAcross] = React.useState<IAcross | 'failed' | null>(null);
  React.useEffect(() => {
    let gone = false;
    const set = (loaded: IAcross | 'failed'): void => {
      if (!gone) {
        setAcross(loaded);
      }
    };
    if (isWanted) {
      // Named after the planner, for it shares that chunk's budget.
      import(/* webpackChunkName: "planner.across" */ './across').then(
        set,
        () => set('failed')
      );
    }
    return () => {
      gone = true;
    };
  }, [isWanted]);
  return across;
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
  const gpus = useSame(chosenGpus(terms.gpuKey, terms.gpuCount, kernelGpus));
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

/** What is planned, as long as what it depends on stays the same: the panel is drawn at each reading. */
interface IPlanned {
  readonly plans: readonly IFitPlan[];
  readonly first: IFitPlan | null;
  /** The one that is shown; null if there is none. */
  readonly plan: IFitPlan | null;
  readonly options: IFitOptions;
  readonly planning: Planning;
  /** For all GPUs of the kernel, where one of several is not enough. */
  readonly together: IFitPlan | null;
}

function usePlanned(props: IShownProps, wanted: string | null): IPlanned {
  const { chosen, terms, kernelGpus, shape, contextTokens, gpus } = props;
  const { native = null } = chosen;
  const { kvFormat } = terms;
  const planAcross = props.across?.planAcross ?? null;
  const [planFit] = React.useState(rememberedPlanFit);
  const planning = (gpus.length > 1 ? planAcross : null) ?? planFit;
  const plans = React.useMemo(
    () =>
      plansOf({ shape, native }, { contextTokens, kvFormat, gpus }, planning),
    [shape, native, contextTokens, kvFormat, gpus, planning]
  );
  const first = firstThatFits(plans);
  const plan =
    plans.find(({ format }) => format === wanted) ?? firstToShow(plans);
  const format = plan?.format;
  const options = React.useMemo(
    () => ({ contextTokens, kvFormat, gpus, format }),
    [contextTokens, kvFormat, gpus, format]
  );
  const isEnough = plan === null || isSure(plan);
  const all = useSame(isEnough ? null : othersToo(terms, kernelGpus));
  const together = React.useMemo(
    () =>
      all === null || planAcross === null
        ? null
        : planAcross(shape, { ...options, gpus: all }),
    [shape, options, all, planAcross]
  );
  return { plans, first, plan, options, planning, together };
}

function Shown(props: IShownProps): React.JSX.Element | null {
  const { chosen, terms, setTerms, trans, shape, gpus } = props;
  const [wanted, choose] = React.useState<string | null>(null);
  const planned = usePlanned(props, wanted);
  const { plans, first, plan, options, planning, together } = planned;
  if (plan === null) {
    return null;
  }
  const remedy = { shape, options, planning, together };
  return (
    <>
      <Table {...{ plans, plan, first, choose, trans }} />
      <Details
        {...{ plan, trans }}
        monitor={props.monitor}
        Devices={props.across?.Devices ?? null}
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
