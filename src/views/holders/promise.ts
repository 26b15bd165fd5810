import type { TranslationBundle } from '@jupyterlab/translation';

import type { IHolder } from '../../core/wire/generated';

/** What is to be said of the bytes that a holder frees; null where nothing is. */
export function promiseWords(
  { promise }: IHolder,
  trans: TranslationBundle
): string | null {
  switch (promise) {
    case 'shared':
      return trans.__('Something that has no name here holds it, too.');
    case 'unchecked':
      return uncheckedWords(trans);
    case 'checked':
    case undefined:
      return null;
  }
}

export function uncheckedWords(trans: TranslationBundle): string {
  return trans.__('It was not checked whether something else holds it, too.');
}
