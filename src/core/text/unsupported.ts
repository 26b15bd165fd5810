import type { ITranslate } from './translation';

/** Where in the panel something that a version lacks is missed. */
export type MissedIn = 'devices' | 'holders' | 'cells';

interface IMissing {
  readonly section: MissedIn;
  readonly words: (trans: ITranslate) => string;
}

/** What a kernel's IPython, ipykernel or PyTorch may lack, by the keys of a reading. */
const MISSING = new Map<string, IMissing>([
  [
    'counters',
    {
      section: 'devices',
      words: trans =>
        trans.__(
          'This PyTorch keeps its counters elsewhere; the figures of GPUs are unknown.'
        )
    }
  ],
  [
    'free-memory',
    {
      section: 'devices',
      words: trans =>
        trans.__(
          'This PyTorch does not say whether it has used a GPU; what is free there may be unknown.'
        )
    }
  ],
  [
    'storages',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch keeps the memory of tensors in another way; holders can’t be listed, and deleted names are not followed.'
        )
    }
  ],
  [
    'addresses',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch does not say where tensors lie; what each holder has can’t be measured.'
        )
    }
  ],
  [
    'use-counts',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch does not count its own references to tensors; what a holder frees can’t always be checked.'
        )
    }
  ],
  [
    'graphs',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch keeps autograd graphs in another way; what they hold may be missing from the list.'
        )
    }
  ],
  [
    'sparse',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch does not tell sparse tensors from others; they may be missing from the list.'
        )
    }
  ],
  [
    'class-code',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch can’t be kept from running code of tensor classes while they are looked at.'
        )
    }
  ],
  [
    'blocks',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This PyTorch does not list its blocks; sizes are those that tensors ask for.'
        )
    }
  ],
  [
    'outputs',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This IPython keeps outputs elsewhere; they may be missing from the list of holders.'
        )
    }
  ],
  [
    'hidden-names',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This IPython keeps hidden names elsewhere; they may be missing from the list of holders.'
        )
    }
  ],
  [
    'last-error',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This IPython keeps the last error elsewhere; it may be missing from the list of holders.'
        )
    }
  ],
  [
    'tasks',
    {
      section: 'holders',
      words: trans =>
        trans.__(
          'This ipykernel keeps its event loop elsewhere; asyncio tasks may be missing from the list of holders.'
        )
    }
  ],
  [
    'cells',
    {
      section: 'cells',
      words: trans =>
        trans.__(
          'This IPython announces its cells in another way; what each cell did is not known.'
        )
    }
  ],
  [
    'cell-code',
    {
      section: 'cells',
      words: trans =>
        trans.__(
          'This IPython does not show the code of a cell before it runs; deleted names are not followed.'
        )
    }
  ],
  [
    'running-cell',
    {
      section: 'cells',
      words: trans =>
        trans.__(
          'This ipykernel serves cells in another way; a cell that runs already when the panel opens is not seen.'
        )
    }
  ],
  [
    'interrupts',
    {
      section: 'cells',
      words: trans =>
        trans.__(
          'This IPython runs cells in another way; an interrupt right at the start of a cell may be lost.'
        )
    }
  ]
]);

/** What to say in one section of what a kernel's versions lack; a newer agent's keys are left out. */
export function unsupportedWords(
  keys: readonly string[],
  section: MissedIn,
  trans: ITranslate
): string[] {
  return keys.flatMap(key => {
    const missing = MISSING.get(key);
    return missing?.section === section ? [missing.words(trans)] : [];
  });
}
