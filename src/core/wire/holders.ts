import type { HolderKind, IHeldShare, IHolder } from './generated';

/** The kinds that the notebook itself holds, without a variable of the user. */
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

/** Whether the notebook itself holds something that can be released. */
export function isNotebooksOwn(holder: IHolder): boolean {
  return NOTEBOOKS_OWN.has(holder.kind);
}

/**
 * What to release, so that what a row shows is given back; null where nothing can be.
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
