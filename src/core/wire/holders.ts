import type { Field } from './decode';
import { LIMITS } from './limits';

/** What a holder is; see `Holder` in the agent's `holders.py`. */
export type HolderKind =
  | 'variable'
  | 'output'
  | 'display'
  | 'traceback'
  | 'frame'
  | 'thread'
  | 'task'
  | 'module'
  | 'cycle'
  | 'autograd graph'
  | 'cuda graph pool'
  | 'workspace'
  | 'fragmentation'
  | 'smaller'
  | 'unattributed';

/**
 * Whether something else holds what a holder frees: nothing was found; something
 * without a name does; it was not looked for.
 */
export type HolderPromise = 'checked' | 'shared' | 'unchecked';

/** One thing that keeps device memory alive. */
export interface IHolder {
  /** What a person types or recognises: `Out[7]`, `history`, `helpers.CACHE`. */
  readonly name: string;
  readonly kind: HolderKind;
  /** How to get from there to the first tensor; empty where there is no way. */
  readonly path: string;
  /** Freed if only this holder lets go. */
  readonly bytes: number;
  /** Held by others, too, whom `alsoHeldBy` names. */
  readonly sharedBytes: number;
  readonly alsoHeldBy: readonly string[];
  readonly tensorCount: number;
  /** The `id` of the device on which it holds most. */
  readonly device: string;
  readonly devices: readonly IHeldShare[];
  /** Reserved and unused, but not returnable while its tensors live. */
  readonly pinnedBytes: number;
  /** A line of Python that lets go; null where there is none. */
  readonly release: string | null;
  /** Absent where the agent is older, and says nothing of it. */
  readonly promise?: HolderPromise;
  readonly note: string | null;
  readonly parts: readonly IHeldPart[];
}

/** What one holder holds on one device. */
export interface IHeldShare {
  readonly id: string;
  readonly bytes: number;
  readonly sharedBytes: number;
}

/** The memory behind one attribute, key or item of a holder. */
export interface IHeldPart {
  readonly path: string;
  readonly bytes: number;
}

/** One device: what is allocated, and how much of it has a name. */
export interface IHeldTotals {
  readonly id: string;
  readonly allocatedBytes: number;
  readonly namedBytes: number;
  readonly unattributedBytes: number;
}

/** What one search for holders found, biggest first. */
export interface IHoldings {
  readonly holders: readonly IHolder[];
  readonly devices: readonly IHeldTotals[];
  /** False where the time was up first: then there may be more. */
  readonly isComplete: boolean;
  readonly seconds: number;
}

const KINDS: readonly HolderKind[] = [
  'variable',
  'output',
  'display',
  'traceback',
  'frame',
  'thread',
  'task',
  'module',
  'cycle',
  'autograd graph',
  'cuda graph pool',
  'workspace',
  'fragmentation',
  'smaller',
  'unattributed'
];

const PROMISES: readonly HolderPromise[] = ['checked', 'shared', 'unchecked'];

/** The kinds that the notebook holds by itself, on nobody's request. */
const NOTEBOOKS_OWN: ReadonlySet<HolderKind> = new Set<HolderKind>([
  'output',
  'display',
  'traceback'
]);

/** What a holder has on each device, in the order in which devices are shown. */
export function sharesOf({ devices }: IHolder): readonly IHeldShare[] {
  return [...devices].sort((one, other) =>
    one.id.localeCompare(other.id, 'en', { numeric: true })
  );
}

/** Everything that a holder reaches, in bytes. */
export function reachedBytes(holder: IHolder): number {
  return holder.bytes + holder.sharedBytes;
}

/** Whether the notebook itself holds something that it could let go of. */
export function isNotebooksOwn(holder: IHolder): boolean {
  return NOTEBOOKS_OWN.has(holder.kind);
}

/**
 * Who has to let go, so that what a row shows is given back; null where nobody can.
 *
 * What pins memory, or a graph's pool, is no holder itself: its one owner is.
 */
export function releasedName(holder: IHolder): string | null {
  const { kind, alsoHeldBy, name, release } = holder;
  if (release === null) {
    return null;
  }
  return kind === 'fragmentation' || kind === 'cuda graph pool'
    ? (alsoHeldBy[0] ?? null)
    : name;
}

/** Read what a search for holders found. */
export function parseHoldings(field: Field): IHoldings {
  return {
    holders: field.key('holders').list(LIMITS.foundHolders, parseHolder),
    devices: field.key('devices').list(LIMITS.devices, parseTotals),
    isComplete: field.key('is_complete').flag(),
    seconds: field.key('seconds').seconds()
  };
}

function parseHolder(holder: Field): IHolder {
  const promise = holder.key('promise').orNull(field => field.oneOf(PROMISES));
  return {
    ...(promise !== null && { promise }),
    name: holder.key('name').text(LIMITS.nameLength),
    kind: holder.key('kind').oneOf(KINDS),
    path: holder.key('path').text(LIMITS.textLength),
    bytes: holder.key('bytes').whole(),
    sharedBytes: holder.key('shared_bytes').whole(),
    alsoHeldBy: holder
      .key('also_held_by')
      .list(LIMITS.holders, name => name.text(LIMITS.nameLength)),
    tensorCount: holder.key('tensor_count').whole(),
    device: holder.key('device').text(LIMITS.idLength),
    devices: holder.key('devices').list(LIMITS.devices, parseShare),
    pinnedBytes: holder.key('pinned_bytes').whole(),
    release: holder.key('release').textOrNull(LIMITS.textLength),
    note: holder.key('note').textOrNull(LIMITS.textLength),
    parts: holder.key('parts').list(LIMITS.parts, parsePart)
  };
}

function parseShare(share: Field): IHeldShare {
  return {
    id: share.key('id').text(LIMITS.idLength),
    bytes: share.key('bytes').whole(),
    sharedBytes: share.key('shared_bytes').whole()
  };
}

function parsePart(part: Field): IHeldPart {
  return {
    path: part.key('path').text(LIMITS.textLength),
    bytes: part.key('bytes').whole()
  };
}

function parseTotals(totals: Field): IHeldTotals {
  return {
    id: totals.key('id').text(LIMITS.idLength),
    allocatedBytes: totals.key('allocated_bytes').whole(),
    namedBytes: totals.key('named_bytes').whole(),
    unattributedBytes: totals.key('unattributed_bytes').whole()
  };
}
