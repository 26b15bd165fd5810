import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatBytes } from '../../core/text/units';
import type { Chart } from './chart';
import { Link } from '../shared/link';
import type { ITimeline } from './series';

/** Properties of `Timeline`. */
export interface ITimelineProps {
  readonly timeline: ITimeline;
  readonly trans: TranslationBundle;
}

/**
 * One device's history as a chart, drawn by a part that is loaded when first
 * needed.
 */
export function Timeline(props: ITimelineProps): React.JSX.Element {
  const { timeline, trans } = props;
  const host = React.useRef<HTMLDivElement>(null);
  const [following, setFollowing] = React.useState(true);
  const { chart, failed } = useChart(host, trans, setFollowing);
  React.useEffect(() => chart?.update(timeline));
  const helpId = React.useId();
  return (
    <div className="jp-VramTimeline">
      <div
        ref={host}
        className="jp-VramTimeline-chart"
        role="img"
        tabIndex={0}
        aria-label={summary(timeline, trans)}
        aria-describedby={helpId}
      />
      {failed && (
        <p className="jp-VramPanel-quiet">
          {trans.__('The chart could not be loaded.')}
        </p>
      )}
      <Foot following={following} chart={chart} trans={trans} />
      <p id={helpId} hidden>
        {trans.__(
          'Arrow keys move, plus and minus zoom, Escape follows the latest reading.'
        )}
      </p>
    </div>
  );
}

interface IFootProps {
  readonly following: boolean;
  readonly chart: Chart | null;
  readonly trans: TranslationBundle;
}

function Foot({ following, chart, trans }: IFootProps): React.JSX.Element {
  return (
    <div className="jp-VramTimeline-foot">
      <span className="jp-VramTimeline-key" data-part="live">
        {trans.__('Allocated')}
      </span>
      <span className="jp-VramTimeline-key" data-part="cached">
        {trans.__('Reserved')}
      </span>
      {!following && (
        <Link label={trans.__('Follow')} act={() => chart?.follow()} />
      )}
    </div>
  );
}

interface IChartState {
  readonly chart: Chart | null;
  readonly failed: boolean;
}

function useChart(
  host: React.RefObject<HTMLDivElement>,
  trans: TranslationBundle,
  followChanged: (following: boolean) => void
): IChartState {
  const [state, setState] = React.useState<IChartState>({
    chart: null,
    failed: false
  });
  React.useEffect(() => {
    let chart: Chart | null = null;
    let gone = false;
    import(/* webpackChunkName: "chart" */ './chart').then(
      module => {
        if (!gone && host.current) {
          chart = new module.Chart(host.current, trans, followChanged);
          setState({ chart, failed: false });
        }
      },
      () => {
        if (!gone) {
          setState({ chart: null, failed: true });
        }
      }
    );
    return () => {
      gone = true;
      chart?.dispose();
    };
  }, [host, trans, followChanged]);
  return state;
}

/** The chart in a sentence, for those who don't see it. */
export function summary(timeline: ITimeline, trans: TranslationBundle): string {
  const { samples, marks } = timeline;
  const last = samples[samples.length - 1];
  if (last === undefined) {
    return trans.__('GPU memory over time. Nothing recorded yet.');
  }
  const most = samples.reduce(
    (peak, sample) => Math.max(peak, sample.allocatedBytes),
    0
  );
  return trans.__(
    'GPU memory over time. Allocated: %1 now, %2 at most. Reserved: %3 now. Cell runs: %4.',
    formatBytes(last.allocatedBytes),
    formatBytes(most),
    formatBytes(last.reservedBytes),
    marks.length
  );
}
