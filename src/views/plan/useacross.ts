import * as React from 'react';

import type { Devices, planAcross } from './across';

/** What plans for several GPUs and draws such plans. */
export interface IAcross {
  readonly planAcross: typeof planAcross;
  readonly Devices: typeof Devices;
}

/** That, loaded once it is wanted; null before, and `failed` where it can't be. */
export function useAcross(isWanted: boolean): IAcross | 'failed' | null {
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
