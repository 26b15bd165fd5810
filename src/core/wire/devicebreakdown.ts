import type { IDeviceReading } from './generated';

/**
 * A part of a device's memory.
 *
 * - `live`: live tensors of this kernel
 * - `cached`: reserved, unused, and free to return
 * - `fragmented`: reserved, unused, pinned by live tensors in its segments
 * - `context`: this process outside torch's allocator: the CUDA context, other libraries
 * - `others`: other processes
 * - `outside`: `context` and `others` together, where they can't be told apart
 * - `free`: free on the whole device
 */
export type BreakdownKey =
  'live' | 'cached' | 'fragmented' | 'context' | 'others' | 'outside' | 'free';

/** One part of a device's memory, and its size. */
export interface IBreakdownPart {
  readonly key: BreakdownKey;
  readonly bytes: number;
}

/** Where a device's memory went. */
export interface IDeviceBreakdown {
  /**
   * What is known, in the order above; no part is negative. Where total and
   * free are known, the parts sum up to the total.
   */
  readonly parts: readonly IBreakdownPart[];
  /** Parts of which nothing is known, or which are part of another one. */
  readonly unknown: readonly BreakdownKey[];
  readonly totalBytes: number | null;
}

/**
 * Account for every byte of `device`.
 *
 * The figures are read one after the other, so they can contradict each other.
 * torch's own counters win: what they say is in use is not shown as free. But
 * nothing exceeds the device, not even tensors that the driver moved to host
 * memory. A figure for the process that is below what torch reserved is older
 * than torch's, and tells nothing.
 */
export function deviceBreakdown(device: IDeviceReading): IDeviceBreakdown {
  const total = device.totalBytes;
  const known = total !== null && device.freeBytes !== null;
  const room = total ?? Number.MAX_SAFE_INTEGER;
  const reserved = Math.min(device.reservedBytes, room);
  const live = Math.min(device.allocatedBytes, reserved);
  const unused = reserved - live;
  const pinned = Math.min(device.pinnedBytes ?? 0, unused);
  const unknown: BreakdownKey[] = [];
  const parts: IBreakdownPart[] = [
    { key: 'live', bytes: live },
    { key: 'cached', bytes: unused - pinned }
  ];
  if (device.pinnedBytes === null) {
    unknown.push('fragmented');
  } else {
    parts.push({ key: 'fragmented', bytes: pinned });
  }
  if (known) {
    const inUse = Math.max(total - (device.freeBytes ?? 0), reserved);
    parts.push(...splitOutside(device, inUse - reserved, unknown));
    parts.push({ key: 'free', bytes: total - inUse });
  } else {
    parts.push(...contextAlone(device, room - reserved, unknown));
    unknown.push('others', 'free');
  }
  return { parts, unknown, totalBytes: total };
}

/** Divide what is in use outside torch's allocator. */
function splitOutside(
  device: IDeviceReading,
  outside: number,
  unknown: BreakdownKey[]
): IBreakdownPart[] {
  const own = ownBytes(device);
  if (own === null) {
    unknown.push('context', 'others');
    return [{ key: 'outside', bytes: outside }];
  }
  const context = Math.min(own, outside);
  return [
    { key: 'context', bytes: context },
    { key: 'others', bytes: outside - context }
  ];
}

function contextAlone(
  device: IDeviceReading,
  room: number,
  unknown: BreakdownKey[]
): IBreakdownPart[] {
  const own = ownBytes(device);
  if (own === null) {
    unknown.push('context');
    return [];
  }
  return [{ key: 'context', bytes: Math.min(own, room) }];
}

/** What this process has beside torch's allocator; null when unknown. */
function ownBytes(device: IDeviceReading): number | null {
  const { processBytes, reservedBytes } = device;
  return processBytes === null || processBytes < reservedBytes
    ? null
    : processBytes - reservedBytes;
}
