import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IServerKernels } from '../../model/server/tokens';
import type { IKernelActions } from './kernelactions';
import { Kernels } from './kernels';
import type { IActiveDevices } from './processrow';
import { Processes } from './processes';
import { Section } from '../shared/section';

/** What the section needs besides what it is about. */
export interface IServerSectionOptions {
  readonly serverKernels: IServerKernels;
  readonly actions: IKernelActions;
  /** Whether processes can be stopped at all. */
  mayStop(): boolean;
}

/** Properties of `ServerSection`. */
export interface IServerSectionProps {
  readonly options: IServerSectionOptions;
  readonly nowMs: number;
  readonly active: IActiveDevices | null;
  readonly trans: TranslationBundle;
}

/** The id of the section. */
export const SERVER_SECTION = 'fleet';

/** Every notebook and every process on the GPUs; folded at first. */
export function ServerSection(props: IServerSectionProps): React.JSX.Element {
  const { options, nowMs, active, trans } = props;
  const { serverKernels, actions } = options;
  return (
    <Section
      id={SERVER_SECTION}
      title={trans.__('Notebooks and processes')}
      startOpen={false}
    >
      <Kernels {...{ serverKernels, nowMs, actions, trans }} />
      <Processes
        {...{ serverKernels, nowMs, actions, active, trans }}
        mayStop={options.mayStop()}
      />
    </Section>
  );
}
