import { formatBytes } from '../../text/units';
import type { Cause } from '../match/facts';
import type { IWordValues } from './wordvalues';

/** Names that are written out. */
const MAX_NAMES = 3;

/** One plain sentence: what happened, and why; and one of PyTorch's cache beside it. Backticks mark code. */
export function sentenceFor(cause: Cause, told: IWordValues): string {
  const sentence = causeSentence(cause, told);
  return told.spareCache === null
    ? sentence
    : told.trans.__(
        "%1 PyTorch's cache in this kernel holds %2; Clear gives it back.",
        sentence,
        formatBytes(told.spareCache)
      );
}

function causeSentence(cause: Cause, told: IWordValues): string {
  switch (cause) {
    case 'request larger than the card':
      return largerSentence(told);
    case 'another process holds it':
      return othersSentence(told);
    case 'fragmentation':
      return fragmentedSentence(told);
    case 'this notebook still holds it':
      return notebookSentence(told);
    case 'simply full':
      return fullSentence(told);
    case 'memory fraction cap':
      return capSentence(told);
    case 'not device memory':
      return notDeviceSentence(told);
    case 'context or library handle could not be made':
      return handleSentence(told);
    case 'CUDA graphs':
      return graphsSentence(told);
    case 'unknown':
      return unknownSentence(told);
  }
}

function largerSentence({ balance, trans }: IWordValues): string {
  return trans.__(
    'The request of %1 is larger than the whole card, which has %2: no clearing can make it fit.',
    formatBytes(balance.requested),
    formatBytes(balance.capacity)
  );
}

function fragmentedSentence({ balance, trans }: IWordValues): string {
  return trans.__(
    'Fragmentation: %1 is reserved and unused, but lies in pieces between live tensors, and %2 in one piece was asked for.',
    formatBytes(balance.unused),
    formatBytes(balance.requested)
  );
}

function graphsSentence({ balance, trans }: IWordValues): string {
  return balance.pools > 0
    ? trans.__(
        'CUDA graphs keep %1 in private pools, which nothing else can use, and %2 was asked for.',
        formatBytes(balance.pools),
        formatBytes(balance.requested)
      )
    : trans.__('There was no memory left to set up a CUDA graph.');
}

function unknownSentence({ balance, trans }: IWordValues): string {
  const asked = formatBytes(balance.requested);
  if (balance.requested === null) {
    return trans.__(
      'The GPU ran out of memory. The message has no sizes that say why.'
    );
  }
  return balance.free === null
    ? trans.__(
        'The GPU had no room for %1. The message does not say what holds the rest.',
        asked
      )
    : trans.__(
        'The GPU had no room for %1: %2 was free. The message does not say what holds the rest.',
        asked,
        formatBytes(balance.free)
      );
}

function othersSentence({ balance, facts, trans }: IWordValues): string {
  const [asked, room] = [balance.requested, balance.capacity].map(
    formatBytes
  ) as [string, string];
  const named = facts.processes
    .filter(({ isSelf }) => !isSelf)
    .sort((one, other) => other.bytes - one.bytes);
  if (named.length > 0 && balance.others >= balance.hidden) {
    const who = named
      .slice(0, MAX_NAMES)
      .map(({ pid, bytes }) =>
        trans.__('process %1 has %2', pid ?? '?', formatBytes(bytes))
      )
      .join(', ');
    return trans.__(
      'Other processes hold %1 of %2 (%3), and %4 was asked for.',
      formatBytes(balance.others),
      room,
      who,
      asked
    );
  }
  return trans.__(
    'Something outside this process holds about %1 of %2, and %3 was asked for. The message does not say which: another notebook, program or container.',
    formatBytes(balance.hidden),
    room,
    asked
  );
}

function notebookSentence({ balance, holders, trans }: IWordValues): string {
  const asked = formatBytes(balance.requested);
  if (holders.length > 0) {
    const who = holders
      .slice(0, MAX_NAMES)
      .map(({ name, bytes }) =>
        trans.__('`%1` %2', name.replace(/`/g, "'"), formatBytes(bytes))
      )
      .join(', ');
    return trans.__(
      'This notebook still holds memory that it may not need (%1), and %2 was asked for.',
      who,
      asked
    );
  }
  if ((balance.beside ?? 0) > (balance.live ?? 0)) {
    return trans.__(
      'This process holds %1 outside of PyTorch, and %2 was asked for.',
      formatBytes(balance.beside),
      asked
    );
  }
  return trans.__(
    'This notebook still holds %1 in live tensors, and %2 more was asked for.',
    formatBytes(balance.live),
    asked
  );
}

function fullSentence({ balance, trans }: IWordValues): string {
  const { live, capacity, requested, free } = balance;
  if (live !== null && capacity !== null) {
    const figures = [live, capacity, requested].map(formatBytes);
    if (live < 0.9 * capacity) {
      return trans.__(
        'It does not fit beside what is there: live tensors of this process have %1 of %2, %4 is free, and %3 more was asked for.',
        ...figures,
        formatBytes(free)
      );
    }
    return live > capacity
      ? trans.__(
          'The card is more than full: live tensors have %1 on a card of %2, the rest of it in host memory, and %3 more was asked for.',
          ...figures
        )
      : trans.__(
          'The card is full: live tensors of this process have %1 of %2, and %3 more was asked for.',
          ...figures
        );
  }
  return requested !== null && free !== null
    ? trans.__(
        'It does not fit: %1 is needed, and %2 is available for it.',
        formatBytes(requested),
        formatBytes(free)
      )
    : trans.__('It does not fit into the memory that is left on the GPU.');
}

function capSentence({ balance, facts, trans }: IWordValues): string {
  const allowed = formatBytes(balance.allowed);
  if (balance.allowed === null) {
    return trans.__('The memory pool reached the limit that was set for it.');
  }
  if (facts.backend === 'mps') {
    return trans.__(
      'The limit of %1 for PyTorch on this Apple GPU was reached: PyTorch has %2, other allocations of this process have %3.',
      allowed,
      formatBytes(balance.live),
      formatBytes(balance.beside)
    );
  }
  return balance.free === null
    ? trans.__('The limit of %1 that was set for it was reached.', allowed)
    : trans.__(
        'The limit of %1 that was set for this process was reached, though %2 is free on the card.',
        allowed,
        formatBytes(balance.free)
      );
}

function notDeviceSentence(told: IWordValues): string {
  const { balance, facts, trans } = told;
  const asked = formatBytes(balance.requested);
  if (told.isSuspect) {
    return trans.__(
      "The system ended the process. It does so when the machine's own memory runs out, and for other reasons, too."
    );
  }
  if (facts.backend === 'host') {
    return balance.requested === null
      ? trans.__("The machine's own memory ran out, not that of a GPU.")
      : trans.__(
          "The machine's own memory ran out, not that of a GPU: %1 was asked for.",
          asked
        );
  }
  if (balance.allowed !== null && balance.allowed < (balance.requested ?? 0)) {
    return trans.__(
      '%1 was asked for in one piece, and this device gives at most %2 at once, however much is free.',
      asked,
      formatBytes(balance.allowed)
    );
  }
  if (
    balance.free !== null &&
    balance.requested !== null &&
    balance.free >= balance.requested
  ) {
    return trans.__(
      "%1 was free and only %2 was asked for: the GPU was not full. A limit of the driver or of the machine's own memory is more likely.",
      formatBytes(balance.free),
      asked
    );
  }
  return trans.__(
    "The GPU's memory did not run out: the machine's own did, or a limit of the driver was reached."
  );
}

function handleSentence({ facts, trans }: IWordValues): string {
  switch (facts.backend) {
    case 'cublas':
      return trans.__(
        'There was no memory for the cuBLAS handle: the card was full before the first matrix product.'
      );
    case 'cudnn':
      return trans.__(
        'There was no memory for the cuDNN handle: the card was full before the first convolution.'
      );
    default:
      return trans.__(
        'There was no memory for a CUDA context or a library handle: the card was full before this process used it.'
      );
  }
}

/** The figures of the message in one sentence; empty where it has none. */
export function evidenceFor({ facts, balance, trans }: IWordValues): string {
  const parts: string[] = [];
  const add = (bytes: number | null, text: string): void => {
    if (bytes !== null) {
      parts.push(text);
    }
  };
  const {
    requestedBytes,
    freeBytes,
    capacityBytes,
    allocatedBytes,
    privatePoolBytes
  } = facts;
  add(requestedBytes, trans.__('tried %1', formatBytes(requestedBytes)));
  add(freeBytes, trans.__('free %1', formatBytes(freeBytes)));
  add(capacityBytes, trans.__('card %1', formatBytes(capacityBytes)));
  add(allocatedBytes, trans.__('allocated %1', formatBytes(allocatedBytes)));
  const unused = allocatedBytes === null ? null : balance.unused;
  add(unused, trans.__('reserved and unused %1', formatBytes(unused)));
  add(
    privatePoolBytes,
    trans.__('in CUDA graphs %1', formatBytes(privatePoolBytes))
  );
  add(
    facts.allowedBytes,
    trans.__('allowed %1', formatBytes(facts.allowedBytes))
  );
  return parts.join(' · ');
}
