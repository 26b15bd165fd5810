import type { TranslationBundle } from '@jupyterlab/translation';
import { settingsIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IActiveTarget } from '../model/tokens';
import { stateWords } from './freshness';

/** Properties of `Header`. */
export interface IHeaderProps {
  readonly target: IActiveTarget;
  readonly nowMs: number;
  readonly trans: TranslationBundle;
  /** Left out, there is no way to the settings. */
  readonly onSettings?: () => void;
}

/** The document's name, its kernel's state, and the way to the settings. */
export function Header(props: IHeaderProps): React.JSX.Element {
  const { target, nowMs, trans } = props;
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
      {props.onSettings && (
        <button
          type="button"
          className="jp-VramPanel-iconButton"
          title={trans.__('GPU memory settings')}
          aria-label={trans.__('GPU memory settings')}
          onClick={props.onSettings}
        >
          <settingsIcon.react tag="span" />
        </button>
      )}
    </div>
  );
}
