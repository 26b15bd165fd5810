/**
 * The words of the leak watch. Backticks mark code; a view draws the rest as text.
 */

import type { IBreakdownPart } from '../../wire/devicebreakdown';
import type { ITranslate } from '../../text/translation';
import { formatBytes } from '../../text/units';

/** Names that are written out before the rest is counted. */
const MAX_NAMES = 3;

/** What is known of names whose memory did not come back. */
export interface INotFreedFacts {
  readonly names: readonly string[];
  readonly how: 'deleted' | 'rebound' | 'both';
  readonly executionCount: number | null;
  readonly heldBytes: number;
  readonly aliveBytes: number;
  readonly allocatedBytes: number;
  readonly heldBy: readonly string[];
}

/** The cause, such as "`del model` freed 0 of 2.00 GiB." */
export function notFreedMessage(
  facts: INotFreedFacts,
  trans: ITranslate
): string {
  const freedBytes = facts.heldBytes - facts.aliveBytes;
  const freed = freedBytes > 0 ? formatBytes(freedBytes) : '0';
  const held = formatBytes(facts.heldBytes);
  const [name, ...others] = facts.names;
  const names = codeList(facts.names, trans);
  switch (facts.how) {
    case 'deleted':
      return name !== undefined && others.length === 0
        ? trans.__('%1 freed %2 of %3.', code(`del ${name}`), freed, held)
        : trans.__('Deleting %1 freed %2 of %3.', names, freed, held);
    case 'rebound':
      return trans.__('Replacing %1 freed %2 of %3.', names, freed, held);
    case 'both':
      return trans.__(
        'Deleting or replacing %1 freed %2 of %3.',
        names,
        freed,
        held
      );
  }
}

/** Which cell it was, what is still alive, and who still refers to it. */
export function notFreedEvidence(
  facts: INotFreedFacts,
  trans: ITranslate
): string {
  const what = notFreedWhat(facts, trans);
  if (facts.heldBy.length === 0) {
    return what;
  }
  const who = trans._n(
    '%2 still holds it.',
    '%2 still hold it.',
    facts.heldBy.length,
    codeList(facts.heldBy, trans)
  );
  return `${what} ${who}`;
}

function notFreedWhat(facts: INotFreedFacts, trans: ITranslate): string {
  const figures = [
    cellNumber(facts.executionCount),
    codeList(facts.names, trans),
    formatBytes(facts.aliveBytes),
    formatBytes(facts.allocatedBytes)
  ];
  switch (facts.how) {
    case 'deleted':
      return trans.__(
        'Cell [%1] deleted %2; %3 of it is still alive, allocated is %4.',
        ...figures
      );
    case 'rebound':
      return trans.__(
        'Cell [%1] replaced %2; %3 of the old value is still alive, allocated is %4.',
        ...figures
      );
    case 'both':
      return trans.__(
        'Cell [%1] deleted or replaced %2; %3 of it is still alive, allocated is %4.',
        ...figures
      );
  }
}

/** What is known of a cell that leaves more each time. */
export interface IGrowingCellFacts {
  readonly executionCount: number | null;
  readonly reruns: number;
  readonly grownBytes: number;
  /** What the latest reruns added, oldest first. */
  readonly latestSteps: readonly number[];
  /** Allocated at the end of the latest run. */
  readonly allocatedBytes: number;
}

/** The cause: which cell, how often, how much. */
export function growingCellMessage(
  facts: IGrowingCellFacts,
  trans: ITranslate
): string {
  return trans._n(
    'Running cell [%2] again left %3 more allocated.',
    'Cell [%2] leaves more allocated each time it runs again: %3 more after %1 reruns.',
    facts.reruns,
    cellNumber(facts.executionCount),
    formatBytes(facts.grownBytes)
  );
}

/** What the latest reruns added. */
export function growingCellEvidence(
  facts: IGrowingCellFacts,
  trans: ITranslate
): string {
  return trans._n(
    'The latest rerun added %2; at its end %3 was allocated.',
    'The latest %1 reruns added %2; at the end of the last one %3 was allocated.',
    facts.latestSteps.length,
    facts.latestSteps.map(formatBytes).join(', '),
    formatBytes(facts.allocatedBytes)
  );
}

/** What is known of memory that torch's allocator keeps. */
export interface ICachedFacts {
  readonly cachedBytes: number;
  readonly reservedBytes: number;
  readonly allocatedBytes: number;
}

/** The cause: it is the cache, not a leak. */
export function cachedMessage(facts: ICachedFacts, trans: ITranslate): string {
  return trans.__(
    "%1 is only PyTorch's cache: unused, and free to return.",
    formatBytes(facts.cachedBytes)
  );
}

/** Reserved against allocated, and what became of the cache since. */
export function cachedEvidence(facts: ICachedFacts, trans: ITranslate): string {
  return trans.__(
    "Reserved is %1, allocated is %2. No cell has needed it since it was freed; until it is cleared, other processes can't use it.",
    formatBytes(facts.reservedBytes),
    formatBytes(facts.allocatedBytes)
  );
}

/** What is known of memory that can't be returned. */
export interface IFragmentedFacts {
  readonly pinnedBytes: number;
  readonly reservedBytes: number;
  readonly allocatedBytes: number;
}

/** The cause: small tensors pin large segments. */
export function fragmentedMessage(
  facts: IFragmentedFacts,
  trans: ITranslate
): string {
  return trans.__(
    "Fragmentation: %1 of reserved memory can't be returned, because small live tensors pin its segments.",
    formatBytes(facts.pinnedBytes)
  );
}

/** Reserved against allocated, and why clearing won't help. */
export function fragmentedEvidence(
  facts: IFragmentedFacts,
  trans: ITranslate
): string {
  return trans.__(
    "Reserved is %1, allocated is %2, and %3 lies unused beside live tensors. Clearing can't return it while those tensors live.",
    formatBytes(facts.reservedBytes),
    formatBytes(facts.allocatedBytes),
    formatBytes(facts.pinnedBytes)
  );
}

/** What is known of a device on which little is left. */
export interface INearlyFullFacts {
  readonly device: string;
  /** Free, and cached by this kernel. */
  readonly leftBytes: number;
  readonly totalBytes: number;
  /** The biggest part of what is in use. */
  readonly biggest: IBreakdownPart;
  readonly freeBytes: number;
  readonly cachedBytes: number;
  readonly allocatedBytes: number;
}

/** The cause: how little is left, and who has most of the rest. */
export function nearlyFullMessage(
  facts: INearlyFullFacts,
  trans: ITranslate
): string {
  const figures = [
    facts.device,
    formatBytes(facts.leftBytes),
    formatBytes(facts.totalBytes),
    formatBytes(facts.biggest.bytes)
  ];
  switch (facts.biggest.key) {
    case 'others':
      return trans.__(
        '%1 is nearly full: %2 of %3 is left, and other processes have %4.',
        ...figures
      );
    case 'outside':
      return trans.__(
        "%1 is nearly full: %2 of %3 is left, and %4 is held outside this kernel's PyTorch: by other processes, or by its CUDA context.",
        ...figures
      );
    case 'context':
      return trans.__(
        '%1 is nearly full: %2 of %3 is left, and this kernel holds %4 outside PyTorch.',
        ...figures
      );
    case 'fragmented':
      return trans.__(
        '%1 is nearly full: %2 of %3 is left, and %4 lies unused beside live tensors of this notebook.',
        ...figures
      );
    case 'live':
    case 'cached':
    case 'free':
      return trans.__(
        '%1 is nearly full: %2 of %3 is left, and this notebook has %4 allocated.',
        ...figures
      );
  }
}

/** The figures that make up what is left, and this kernel's share of the rest. */
export function nearlyFullEvidence(
  facts: INearlyFullFacts,
  trans: ITranslate
): string {
  return trans.__(
    "Free is %1, this notebook's cache is %2, and it has %3 allocated.",
    formatBytes(facts.freeBytes),
    formatBytes(facts.cachedBytes),
    formatBytes(facts.allocatedBytes)
  );
}

function cellNumber(executionCount: number | null): string {
  // As JupyterLab marks a cell that has no number.
  return executionCount === null ? ' ' : String(executionCount);
}

/** `text` as code; a backtick in it must not end the code. */
function code(text: string): string {
  return `\`${text.replace(/`/g, "'")}\``;
}

function codeList(names: readonly string[], trans: ITranslate): string {
  const shown = names.slice(0, MAX_NAMES).map(code).join(', ');
  const rest = names.length - MAX_NAMES;
  return rest > 0
    ? trans._n('%2 and %1 more', '%2 and %1 more', rest, shown)
    : shown;
}
