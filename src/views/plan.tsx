import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IMonitor } from '../model/tokens';
import type { IPanelActions } from './actions';
import { Section } from './section';

/** Properties of `Plan`. */
export interface IPlanProps {
  readonly monitor: IMonitor | null;
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
  /** Whether there is a notebook or console that takes cells. */
  readonly hasDocument: boolean;
}

/** What fits: a section that is loaded when it is first opened. */
export function Plan(props: IPlanProps): React.JSX.Element {
  const { trans } = props;
  return (
    <Section title={trans.__('Plan')} startOpen={false}>
      <Loaded {...props} />
    </Section>
  );
}

type Planner = React.ComponentType<IPlanProps>;

function Loaded(props: IPlanProps): React.JSX.Element {
  const { trans } = props;
  const [Planner, setPlanner] = React.useState<Planner | null>(null);
  const [failed, setFailed] = React.useState(false);
  React.useEffect(() => {
    let gone = false;
    import(/* webpackChunkName: "planner" */ './plan/planner').then(
      module => {
        if (!gone) {
          setPlanner(() => module.Planner);
        }
      },
      () => {
        if (!gone) {
          setFailed(true);
        }
      }
    );
    return () => {
      gone = true;
    };
  }, []);
  if (Planner !== null) {
    return <Planner {...props} />;
  }
  return (
    <p className="jp-VramPanel-quiet">
      {failed
        ? trans.__('The planner could not be loaded.')
        : trans.__('Loading …')}
    </p>
  );
}
