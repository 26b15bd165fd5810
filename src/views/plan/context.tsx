import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { MOST_CONTEXT_TOKENS } from '../../core/plan';
import { Labelled, Problem } from './labelled';
import type { ITerms } from './state';

/** Properties of `Context`. */
export interface IContextProps {
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly trans: TranslationBundle;
}

/** Contexts that are offered. */
const CONTEXTS = [512, 2048, 4096, 8192, 16384, 32768, 131072];

/** How many tokens; what is no such number is said beside the field. */
export function Context(props: IContextProps): React.JSX.Element {
  const { terms, trans } = props;
  const problemId = React.useId();
  const problem =
    terms.contextTokens === null
      ? trans.__(
          'The context should be a whole number of tokens from 1 to %1.',
          MOST_CONTEXT_TOKENS
        )
      : null;
  return (
    <>
      <Labelled label={trans.__('Context')}>
        {id => <Tokens {...{ ...props, id, problemId }} />}
      </Labelled>
      <Problem id={problemId} problem={problem} />
    </>
  );
}

interface ITokensProps extends IContextProps {
  readonly id: string;
  readonly problemId: string;
}

function Tokens(props: ITokensProps): React.JSX.Element {
  const { terms, setTerms, trans, id, problemId } = props;
  const { contextTokens } = terms;
  const listId = React.useId();
  const [text, setText] = React.useState(String(contextTokens ?? ''));
  // A remedy sets it, too.
  React.useEffect(() => {
    if (contextTokens !== null) {
      setText(String(contextTokens));
    }
  }, [contextTokens]);
  const set = (typed: string): void => {
    setText(typed);
    setTerms({ ...terms, contextTokens: tokensOf(typed) });
  };
  return (
    <>
      <input
        {...{ id, type: 'number', min: 1, max: MOST_CONTEXT_TOKENS }}
        list={listId}
        title={trans.__('Tokens of prompt and answer together')}
        aria-invalid={contextTokens === null}
        aria-describedby={contextTokens === null ? problemId : undefined}
        value={text}
        onChange={event => set(event.target.value)}
      />
      <datalist id={listId}>
        {CONTEXTS.map(tokens => (
          <option key={tokens} value={tokens} />
        ))}
      </datalist>
    </>
  );
}

/** The number of tokens that is typed; null for what is none. */
function tokensOf(typed: string): number | null {
  const tokens = typed.trim() === '' ? NaN : Number(typed);
  return Number.isInteger(tokens) &&
    tokens >= 1 &&
    tokens <= MOST_CONTEXT_TOKENS
    ? tokens
    : null;
}
