import type { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import type { KvFormat } from '../../core/plan';
import { formatBytes } from '../../core/text/units';
import type { IKeyedGpu } from './cards';
import {
  ALL_KEY,
  canSpread,
  CARD_GPUS,
  chosenGpu,
  COUNTS,
  isAll,
  isCard
} from './cards';
import { Context } from './context';
import { Labelled } from './labelled';
import type { ITerms } from './state';

/** Properties of `Target`. */
export interface ITargetProps {
  readonly kernelGpus: readonly IKeyedGpu[];
  readonly terms: ITerms;
  readonly setTerms: (terms: ITerms) => void;
  readonly trans: TranslationBundle;
}

/** Which GPU or GPUs, how many tokens, and how keys and values are stored. */
export function Target(props: ITargetProps): React.JSX.Element {
  const { terms, setTerms, trans } = props;
  return (
    <>
      <GpuField {...props} />
      <CountField {...props} />
      <Context {...{ terms, setTerms, trans }} />
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

/** How many of a card; what a kernel has is known. */
function CountField(props: ITargetProps): React.JSX.Element | null {
  const { kernelGpus, terms, setTerms, trans } = props;
  const chosen = chosenGpu(terms.gpuKey, kernelGpus);
  if (chosen === null || !isCard(chosen)) {
    return null;
  }
  return (
    <Labelled label={trans.__('How many')}>
      {id => (
        <select
          id={id}
          value={terms.gpuCount}
          title={trans.__('GPUs of this kind that the model is spread over')}
          onChange={event =>
            setTerms({ ...terms, gpuCount: Number(event.target.value) })
          }
        >
          {COUNTS.map(count => (
            <option key={count} value={count}>
              {count}
            </option>
          ))}
        </select>
      )}
    </Labelled>
  );
}

function GpuField(props: ITargetProps): React.JSX.Element {
  const { kernelGpus, terms, setTerms, trans } = props;
  const chosen = chosenGpu(terms.gpuKey, kernelGpus);
  const isTogether = isAll(terms.gpuKey, kernelGpus);
  return (
    <Labelled label={trans.__('GPU')}>
      {id => (
        <select
          id={id}
          value={isTogether ? ALL_KEY : (chosen?.key ?? '')}
          onChange={event => setTerms({ ...terms, gpuKey: event.target.value })}
        >
          {kernelGpus.length > 0 && (
            <optgroup label={trans.__('Of this kernel, now')}>
              {optionsOf(kernelGpus, trans)}
              {canSpread(kernelGpus) && (
                <option value={ALL_KEY}>
                  {trans.__(
                    'All %1 GPUs of this kernel together',
                    kernelGpus.length
                  )}
                </option>
              )}
            </optgroup>
          )}
          <optgroup label={trans.__('Others, empty')}>
            {optionsOf(CARD_GPUS, trans)}
          </optgroup>
        </select>
      )}
    </Labelled>
  );
}

function optionsOf(
  gpus: readonly IKeyedGpu[],
  trans: TranslationBundle
): React.JSX.Element[] {
  return gpus.map(({ key, gpu: { name, totalBytes, freeBytes } }) => (
    <option key={key} value={key}>
      {freeBytes === null
        ? trans.__('%1, %2', name, formatBytes(totalBytes))
        : trans.__(
            '%1, %2 of %3 free',
            name,
            formatBytes(freeBytes),
            formatBytes(totalBytes)
          )}
    </option>
  ));
}
