import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { IGpu, KvFormat } from '../../core/plan';
import { formatBytes } from '../../core/units';
import type { IKeyedGpu } from './cards';
import { CARD_GPUS, chosenGpu } from './cards';
import { Labelled } from './labelled';
import type { ITerms } from './planner';

/** Properties of `Target`. */
export interface ITargetProps {
  readonly kernelGpus: readonly IKeyedGpu[];
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly trans: TranslationBundle;
}

/** Contexts that are offered. */
const CONTEXTS = [512, 2048, 4096, 8192, 16384, 32768, 131072];

/** The most tokens that can be asked for. */
const MOST_TOKENS = 2 ** 24;

/** Which GPU, how many tokens, and how keys and values are stored. */
export function Target(props: ITargetProps): React.JSX.Element {
  const { terms, setTerms, trans } = props;
  return (
    <>
      <GpuField {...props} />
      <ContextField {...props} />
      <Labelled label={trans.__('Cache')}>
        {id => (
          <select
            id={id}
            value={terms.kvFormat}
            onChange={event =>
              setTerms({ ...terms, kvFormat: event.target.value as KvFormat })
            }
          >
            <option value="model">{trans.__('16 bit')}</option>
            <option value="q8_0">{trans.__('8 bit')}</option>
            <option value="q4_0">{trans.__('4 bit')}</option>
          </select>
        )}
      </Labelled>
    </>
  );
}

function ContextField(props: ITargetProps): React.JSX.Element {
  const { terms, setTerms, trans } = props;
  const listId = React.useId();
  const { contextTokens } = terms;
  const [text, setText] = React.useState(String(contextTokens));
  React.useEffect(() => setText(String(contextTokens)), [contextTokens]);
  const setContext = (typed: string): void => {
    const tokens = Math.floor(Number(typed));
    setText(typed);
    if (tokens >= 1 && tokens <= MOST_TOKENS) {
      setTerms({ ...terms, contextTokens: tokens });
    }
  };
  return (
    <Labelled label={trans.__('Context')}>
      {id => (
        <>
          <input
            id={id}
            type="number"
            min={1}
            max={MOST_TOKENS}
            list={listId}
            title={trans.__('Tokens of prompt and answer together')}
            value={text}
            onChange={event => setContext(event.target.value)}
          />
          <datalist id={listId}>
            {CONTEXTS.map(tokens => (
              <option key={tokens} value={tokens} />
            ))}
          </datalist>
        </>
      )}
    </Labelled>
  );
}

function GpuField(props: ITargetProps): React.JSX.Element {
  const { kernelGpus, terms, setTerms, trans } = props;
  const chosen = chosenGpu(terms.gpuKey, kernelGpus);
  const label = ({ name, totalBytes, freeBytes }: IGpu): string =>
    freeBytes === null
      ? trans.__('%1, %2', name, formatBytes(totalBytes))
      : trans.__(
          '%1, %2 of %3 free',
          name,
          formatBytes(freeBytes),
          formatBytes(totalBytes)
        );
  const options = (gpus: readonly IKeyedGpu[]): React.JSX.Element[] =>
    gpus.map(({ key, gpu }) => (
      <option key={key} value={key}>
        {label(gpu)}
      </option>
    ));
  return (
    <Labelled label={trans.__('GPU')}>
      {id => (
        <select
          id={id}
          value={chosen?.key ?? ''}
          onChange={event => setTerms({ ...terms, gpuKey: event.target.value })}
        >
          {kernelGpus.length > 0 && (
            <optgroup label={trans.__('Of this kernel, now')}>
              {options(kernelGpus)}
            </optgroup>
          )}
          <optgroup label={trans.__('Others, empty')}>
            {options(CARD_GPUS)}
          </optgroup>
        </select>
      )}
    </Labelled>
  );
}
