import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type {
  IFitOptions,
  IFitPlan,
  IModelShape,
  IPlanRemedy,
  Planning
} from '../../core/plan';
import { remediesFor, remedySentence } from '../../core/plan';
import { Link } from '../shared/link';
import { MessageText } from '../shared/message';
import { ALL_KEY } from './cards';
import type { ITerms } from './state';

/** Properties of `Remedies`. */
export interface IRemediesProps {
  readonly shape: IModelShape;
  readonly options: IFitOptions;
  readonly planning: Planning;
  /** The plan for all GPUs of the kernel, where it has more than the chosen one. */
  readonly together: IFitPlan | null;
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly choose: (format: string) => void;
  readonly trans: TranslationBundle;
}

/** What to do where the chosen plan does not fit, in order. */
export function Remedies(props: IRemediesProps): React.JSX.Element | null {
  const { shape, options, planning, together, trans } = props;
  const remedies = React.useMemo(
    () => remediesFor(shape, options, planning, together),
    [shape, options, planning, together]
  );
  if (remedies.length === 0) {
    return null;
  }
  return (
    <div className="jp-VramPlan-remedies">
      <p>{trans.__('It may not fit. In this order:')}</p>
      <ol>
        {remedies.map((remedy, index) => (
          <li key={index} data-enough={remedy.isEnough}>
            <MessageText text={remedySentence(remedy, trans)} />{' '}
            {remedy.isEnough && <Use remedy={remedy} {...props} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

interface IUseProps extends IRemediesProps {
  readonly remedy: IPlanRemedy;
}

/** Takes a remedy that is a change of the plan. */
function Use(props: IUseProps): React.JSX.Element | null {
  const { remedy, terms, setTerms, choose, trans } = props;
  const { kind, plan, contextTokens } = remedy;
  const act = (): void => {
    if (kind === 'more-gpus') {
      setTerms({ ...terms, gpuKey: ALL_KEY });
    } else if (kind === 'shorter-context' && contextTokens !== null) {
      setTerms({ ...terms, contextTokens });
    } else if (kind === 'quantised-cache') {
      setTerms({ ...terms, kvFormat: 'q8_0' });
    } else if (plan) {
      choose(plan.format);
    }
  };
  return kind === 'offload' || kind === 'gpu-layers' ? null : (
    <Link label={trans.__('Plan this')} act={act} />
  );
}
