import type { TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IActiveTarget } from '../../model/tokens';
import type { IPanelActions } from '../shared/actions';
import { stateWords } from '../shared/freshness';

/** Properties of `Header`. */
export interface IHeaderProps {
  readonly target: IActiveTarget;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
  readonly actions: Pick<IPanelActions, 'hasSettings' | 'openSettings'>;
}

/** The document's name, its kernel's state, and the way to the settings. */
export function Header(props: IHeaderProps): React.JSX.Element {
  const { target, nowMs, actions, trans } = props;
  const state = target.monitor && stateWords(target.monitor, nowMs, trans);
  return (
    <div className="jp-VramPanel-header">
      <h2 className="jp-VramPanel-title" title={target.title}>
        {target.title || trans.__('GPU memory')}
      </h2>
      {state && (
        <span className="jp-VramPanel-state" data-tone={state.tone}>
          <span className="jp-VramPanel-dot" aria-hidden="true" />
          {state.words}
        </span>
      )}
      {actions.hasSettings() && (
        <button
          type="button"
          className="jp-VramPanel-iconButton"
          title={trans.__('GPU memory settings')}
          aria-label={trans.__('GPU memory settings')}
          onClick={() => actions.openSettings()}
        >
          <settingsIcon.react tag="span" />
        </button>
      )}
    </div>
  );
}
