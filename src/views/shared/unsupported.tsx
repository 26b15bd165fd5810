import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { MissedIn } from '../../core/text/unsupported';
import { unsupportedWords } from '../../core/text/unsupported';
import type { IReading } from '../../core/wire/generated';

/** Properties of `Unsupported`. */
export interface IUnsupportedProps {
  readonly reading: IReading | null;
  readonly section: MissedIn;
  readonly trans: TranslationBundle;
}

/** What this section lacks because of the versions of a kernel's packages. */
export function Unsupported(props: IUnsupportedProps): React.JSX.Element {
  const { reading, section, trans } = props;
  const sentences = unsupportedWords(
    reading?.unsupported ?? [],
    section,
    trans
  );
  return (
    <>
      {sentences.map(sentence => (
        <p key={sentence} className="jp-VramPanel-quiet">
          {sentence}
        </p>
      ))}
    </>
  );
}
