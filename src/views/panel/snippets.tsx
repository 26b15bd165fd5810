import type { TranslationBundle } from '@jupyterlab/translation';
import { addIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import type { IPanelActions, ISnippetItem } from '../shared/actions';
import { pressed } from '../shared/press';
import { Section } from '../shared/section';

/** Properties of `Snippets`. */
export interface ISnippetsProps {
  readonly snippets: readonly ISnippetItem[];
  readonly actions: IPanelActions;
  readonly trans: TranslationBundle;
}

/** Cells that people otherwise look up; a click inserts one. */
export function Snippets(props: ISnippetsProps): React.JSX.Element {
  const { snippets, actions, trans } = props;
  return (
    <Section id="snippets" title={trans.__('Insert a cell')}>
      <ul className="jp-VramSnippets">
        {snippets.map(snippet => (
          <li key={snippet.id}>
            <button
              type="button"
              title={snippet.caption || undefined}
              aria-label={trans.__('Insert: %1', snippet.label)}
              onClick={pressed(() => actions.insertSnippet(snippet.id))}
            >
              <addIcon.react tag="span" className="jp-VramSnippets-icon" />
              <span>{snippet.label}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}
