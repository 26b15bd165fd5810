import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { formatBytes } from '../../core/text/units';
import { Link } from '../shared/link';
import type { Source } from './state';

/** Properties of `Pasted`. */
export interface IPastedProps {
  readonly text: string;
  readonly setSource: (source: Source) => void;
  readonly trans: TranslationBundle;
}

/** A text field takes seconds to draw more than this, at every change. */
const MOST_DRAWN = 2 ** 17;

/** Takes the text of a config; one that is too long to be drawn is named by its size. */
export function Pasted(props: IPastedProps): React.JSX.Element {
  const { text, setSource, trans } = props;
  const set = (pasted: string): void =>
    setSource({ kind: 'pasted', text: pasted });
  if (text.length > MOST_DRAWN) {
    return (
      <p>
        {trans.__('%1 of text were pasted.', formatBytes(text.length))}{' '}
        <Link label={trans.__('Paste another')} act={() => set('')} />
      </p>
    );
  }
  return (
    <textarea
      className="jp-VramPlan-paste"
      rows={4}
      spellCheck={false}
      placeholder={trans.__('The whole config.json of a model')}
      aria-label={trans.__('The text of a config.json')}
      value={text}
      onPaste={event => {
        const pasted = event.clipboardData.getData('text/plain');
        if (pasted.length > MOST_DRAWN) {
          event.preventDefault();
          set(pasted);
        }
      }}
      onChange={event => set(event.target.value)}
    />
  );
}
