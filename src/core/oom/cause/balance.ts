import type { IDeviceReading, IReading } from '../../wire/generated';
import type { IOomFacts } from '../match/facts';

/** The figures that a cause is found from; in bytes, null for unknown. */
export interface IBalance {
  readonly requested: number | null;
  readonly capacity: number | null;
  readonly free: number | null;
  /** In live tensors of the failed process. */
  readonly live: number | null;
  /** Reserved by its allocator, and in no tensor. */
  readonly unused: number | null;
  /** What it has beside its allocator; null where the text does not tell. */
  readonly beside: number | null;
  /** Of other processes, as listed. */
  readonly others: number;
  /** In use by no known process. The CUDA context of the failed process may be part of it. */
  readonly hidden: number;
  readonly allowed: number | null;
  readonly pools: number;
}

/** Work out who has what from what the text says, or else from what the kernel says now. */
export function balance(
  facts: IOomFacts,
  now: IDeviceReading | null
): IBalance {
  // Figures of one moment only: those of now tell nothing about a text that has its own.
  const speaks =
    facts.allocatedBytes !== null ||
    facts.capacityBytes !== null ||
    facts.freeBytes !== null;
  const device = speaks ? null : now;
  const pools = facts.privatePoolBytes ?? 0;
  const live =
    facts.allocatedBytes === null
      ? (device?.allocatedBytes ?? null)
      : Math.max(0, facts.allocatedBytes - pools);
  const reserved = facts.reservedBytes ?? device?.reservedBytes ?? null;
  const unused =
    facts.unallocatedBytes ??
    (reserved !== null && live !== null ? Math.max(0, reserved - live) : null);
  const capacity = facts.capacityBytes ?? device?.totalBytes ?? null;
  const free = facts.freeBytes ?? device?.freeBytes ?? null;
  const own = sumOf(facts, true) ?? device?.processBytes ?? null;
  const listed = sumOf(facts, false) ?? 0;
  const mine = (live ?? 0) + (unused ?? 0) + pools;
  const used = capacity !== null && free !== null ? capacity - free : null;
  const known = listed + (own ?? mine);
  return {
    requested: facts.requestedBytes,
    capacity,
    free,
    live,
    unused,
    beside: facts.otherBytes ?? (own === null ? null : Math.max(0, own - mine)),
    others: listed,
    hidden: used === null ? 0 : Math.max(0, used - known),
    allowed: facts.allowedBytes,
    pools
  };
}

/** The device of `reading` that a message is about, if it can be told. */
export function deviceOf(
  facts: IOomFacts,
  reading: IReading | undefined
): IDeviceReading | null {
  const devices = reading?.devices ?? [];
  const named = devices.find(({ id }) => id === facts.device);
  const only = devices.length === 1 ? devices[0] : undefined;
  return named ?? (facts.device === null ? only : undefined) ?? null;
}

/** Another device of `reading` with room for what failed: the one with most; null if none is known. */
export function roomierDevice(
  failed: IDeviceReading | null,
  { requestedBytes }: IOomFacts,
  reading: IReading | undefined
): IDeviceReading | null {
  if (failed === null || requestedBytes === null) {
    return null;
  }
  const free = ({ freeBytes }: IDeviceReading): number => freeBytes ?? 0;
  const others = (reading?.devices ?? []).filter(
    each => each.id !== failed.id && each.kind === failed.kind
  );
  const [best] = others.sort((one, other) => free(other) - free(one));
  const least = Math.max(requestedBytes, free(failed));
  return best !== undefined && free(best) > least ? best : null;
}

function sumOf(facts: IOomFacts, isSelf: boolean): number | null {
  const found = facts.processes.filter(each => each.isSelf === isSelf);
  return found.length > 0
    ? found.reduce((sum, { bytes }) => sum + bytes, 0)
    : null;
}
