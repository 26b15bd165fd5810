import * as React from 'react';

import type { IPlannerProps } from './planner';
import { Section } from '../shared/section';

/** What fits: a section that is loaded when it is first opened. */
export function Plan(props: IPlannerProps): React.JSX.Element {
  const { trans } = props;
  return (
    <Section id="plan" title={trans.__('Plan')} startOpen={false}>
      <Loaded {...props} />
    </Section>
  );
}

type Planner = React.ComponentType<IPlannerProps>;

function Loaded(props: IPlannerProps): React.JSX.Element {
  const { trans } = props;
  const [Planner, setPlanner] = React.useState<Planner | null>(null);
  const [failed, setFailed] = React.useState(false);
  React.useEffect(() => {
    let gone = false;
    import(/* webpackChunkName: "planner" */ './planner').then(
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
