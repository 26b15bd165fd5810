import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IHolder } from '../core/holders';
import { formatBytes } from '../core/units';
import { promiseWords } from './promise';

/** What a confirmation says. */
export interface IConfirmation {
  /** The lines of Python that will be run. */
  readonly lines: readonly string[];
  /** What is known of who lets go. */
  readonly holders: readonly IHolder[];
  readonly trans: TranslationBundle;
}

/** The body of the dialog before something lets go: the code, and what it costs. */
export function confirmationBody(facts: IConfirmation): React.JSX.Element {
  const { lines, holders, trans } = facts;
  const bytes = holders.reduce((sum, each) => sum + each.bytes, 0);
  const shared = holders.reduce((sum, each) => sum + each.sharedBytes, 0);
  const notes = new Set(
    holders.flatMap(each => [promiseWords(each, trans), each.note])
  );
  return (
    <div className="jp-VramConfirmation">
      <p>{trans.__('This runs in the kernel, then clears its caches:')}</p>
      <pre>{lines.join('\n')}</pre>
      {holders.length > 0 && (
        <p>
          {trans.__('It frees %1.', formatBytes(bytes))}{' '}
          {shared > 0 &&
            trans.__('%1 stays while others hold it.', formatBytes(shared))}
        </p>
      )}
      {[...notes].map(note => note !== null && <p key={note}>{note}</p>)}
    </div>
  );
}
