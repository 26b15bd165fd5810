import { GIB } from '../../text/units';
import type { IBalance } from './balance';
import type { Cause, Confidence } from '../match/facts';

/** What is known beside the figures. */
export interface IEvidence {
  /** What the shape of the message alone tells. */
  readonly shapeCause: Cause | null;
  /** Whether the call that failed was for page-locked memory of the host. */
  readonly isPinning: boolean;
  /** Whether a CUDA context was being made. */
  readonly isStarting: boolean;
  /** Live tensors of the asking kernel now; null when unknown. */
  readonly liveNow: number | null;
  /** What things that a person does not see hold: outputs, tracebacks. */
  readonly forgotten: number;
  /** Whether the engine that failed had only begun, so that the memory is not its own. */
  readonly isStartup: boolean;
}

/** A cause, and how sure it is. */
export interface IVerdict {
  readonly cause: Cause;
  readonly confidence: Confidence;
}

/** Shares of the device. */
const MUCH = 0.2;
const LITTLE = 0.05;
/** A CUDA context takes less; so what is hidden above it belongs to another process. */
const CONTEXT_BYTES = 2 * GIB;
/** The share of reserved memory that lies unused when it is fragmented. */
const FRAGMENTED = 0.2;

type Rule = (balance: IBalance, evidence: IEvidence) => IVerdict | null;

/** The first rule that holds names the cause. */
export const RULES: readonly Rule[] = [
  tooLarge,
  capped,
  byShape,
  pinning,
  starting,
  wasFree,
  graphs,
  fragmented,
  others,
  notebook,
  full
];

/** Why the memory was not to be had. */
export function diagnose(balance: IBalance, evidence: IEvidence): IVerdict {
  for (const rule of RULES) {
    const found = rule(balance, evidence);
    if (found) {
      return found;
    }
  }
  return verdict('unknown', 'low');
}

function verdict(cause: Cause, confidence: Confidence): IVerdict {
  return { cause, confidence };
}

/** What the words of the message alone tell. */
function byShape(_: IBalance, { shapeCause }: IEvidence): IVerdict | null {
  return (
    shapeCause &&
    verdict(shapeCause, shapeCause === 'simply full' ? 'medium' : 'high')
  );
}

function pinning(_: IBalance, { isPinning }: IEvidence): IVerdict | null {
  return isPinning ? verdict('not device memory', 'medium') : null;
}

function starting(_: IBalance, { isStarting }: IEvidence): IVerdict | null {
  return isStarting
    ? verdict('context or library handle could not be made', 'medium')
    : null;
}

function tooLarge({ requested, capacity }: IBalance): IVerdict | null {
  return requested !== null && capacity !== null && requested > capacity
    ? verdict('request larger than the card', 'high')
    : null;
}

/** A limit below the size of the card was reached. */
function capped(balance: IBalance, { shapeCause }: IEvidence): IVerdict | null {
  const { allowed, capacity, requested, live, unused, beside, pools } = balance;
  if (
    shapeCause !== null ||
    allowed === null ||
    allowed >= 0.999 * (capacity ?? Infinity)
  ) {
    return null;
  }
  const taken =
    (live ?? 0) +
    (unused ?? 0) +
    pools +
    (capacity === null ? (beside ?? 0) : 0);
  // Figures are rounded to a hundredth of their unit.
  return taken + (requested ?? 0) >= 0.99 * allowed
    ? verdict('memory fraction cap', capacity === null ? 'medium' : 'high')
    : null;
}

/** As much was free as was asked for: it was not the device that was full. */
function wasFree({ requested, free, capacity }: IBalance): IVerdict | null {
  return requested !== null &&
    free !== null &&
    free >= requested &&
    free >= LITTLE * (capacity ?? 0)
    ? verdict('not device memory', 'medium')
    : null;
}

/** What graphs keep for their replays, and nothing else can use. */
function graphs(balance: IBalance): IVerdict | null {
  const { pools, unused, capacity } = balance;
  const isMuch = pools >= MUCH * (capacity ?? Infinity);
  const isEnough = pools > (unused ?? 0) && pools >= missing(balance);
  return pools > 0 && (isMuch || isEnough)
    ? verdict('CUDA graphs', isMuch && isEnough ? 'high' : 'medium')
    : null;
}

function fragmented(balance: IBalance): IVerdict | null {
  const { live, unused, requested, others, hidden } = balance;
  if (unused === null || requested === null) {
    return null;
  }
  const isMuch = unused > FRAGMENTED * ((live ?? 0) + unused);
  const elsewhere = Math.max(others, hidden - CONTEXT_BYTES);
  return isMuch && unused >= elsewhere && unused >= 0.9 * missing(balance)
    ? verdict('fragmentation', unused >= missing(balance) ? 'high' : 'medium')
    : null;
}

/** Listed processes, and memory in use that no listed process accounts for. */
function others(balance: IBalance, { isStartup }: IEvidence): IVerdict | null {
  const { capacity, others: listed, hidden, live, unused } = balance;
  if (capacity === null) {
    return null;
  }
  if (listed >= MUCH * capacity) {
    return verdict(
      'another process holds it',
      listed >= (live ?? 0) ? 'high' : 'medium'
    );
  }
  // Where nothing is said of unused memory, that is hidden as well.
  const share = unused === null ? 2 * MUCH : MUCH;
  const least = Math.max(share * capacity, CONTEXT_BYTES);
  return (live !== null && hidden >= least) || isStartup
    ? verdict('another process holds it', 'medium')
    : null;
}

/** What this kernel holds and may not need. */
function notebook(balance: IBalance, evidence: IEvidence): IVerdict | null {
  const { capacity, beside, requested } = balance;
  const { forgotten, liveNow } = evidence;
  const room = capacity ?? 0;
  if (forgotten > 0 && forgotten >= Math.min(missing(balance), 0.25 * room)) {
    return verdict('this notebook still holds it', 'high');
  }
  if (
    beside !== null &&
    capacity !== null &&
    beside >= Math.max(MUCH * room, CONTEXT_BYTES)
  ) {
    return verdict('this notebook still holds it', 'medium');
  }
  // Something large on top of what is there, and not one more step of the same.
  return liveNow !== null &&
    requested !== null &&
    capacity !== null &&
    requested >= MUCH * room &&
    liveNow >= Math.max(0.25 * room, missing(balance))
    ? verdict('this notebook still holds it', 'medium')
    : null;
}

function full(balance: IBalance): IVerdict | null {
  const { live, unused, capacity, requested, free } = balance;
  if (live === null || capacity === null) {
    return null;
  }
  if (live >= 0.9 * capacity) {
    return verdict('simply full', 'high');
  }
  const isShort =
    free !== null && free < Math.max(requested ?? 0, LITTLE * capacity);
  return isShort && live + (unused ?? 0) >= 0.4 * capacity
    ? verdict('simply full', 'medium')
    : null;
}

/** What was asked for beyond what was free. */
function missing({ requested, free }: IBalance): number {
  return Math.max(0, (requested ?? 0) - (free ?? 0));
}
