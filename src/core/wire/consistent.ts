/**
 * What is read at slightly different moments may contradict itself; here it is made
 * consistent. `generated.ts` calls these for the records that `wire.json` marks.
 */
import type {
  ICellDevice,
  IClearedDevice,
  IDeviceReading,
  IReading,
  IRemovedName
} from './generated';

/** Reserved is at least allocated, pinned fits between the two, a peak is at least the present value. */
export function consistentDeviceReading(
  device: IDeviceReading
): IDeviceReading {
  const { allocatedBytes, freeBytes, totalBytes } = device;
  const reservedBytes = Math.max(device.reservedBytes, allocatedBytes);
  return {
    ...device,
    reservedBytes,
    peakAllocatedBytes: atLeast(device.peakAllocatedBytes, allocatedBytes),
    peakReservedBytes: atLeast(device.peakReservedBytes, reservedBytes),
    pinnedBytes: atMost(device.pinnedBytes, reservedBytes - allocatedBytes),
    freeBytes: isBeyond(freeBytes, totalBytes) ? null : freeBytes
  };
}

/** Where the state is `ok` but no device is left, it becomes `error`: somebody unplugged the device. */
export function consistentReading(reading: IReading): IReading {
  const { detail, devices, state } = reading;
  return state === 'ok' && devices.length === 0
    ? {
        ...reading,
        state: 'error',
        detail: detail ?? 'The kernel reported no device'
      }
    : reading;
}

/** Reserved is at least allocated. */
export function consistentClearedDevice(
  device: IClearedDevice
): IClearedDevice {
  const { beforeAllocatedBytes, afterAllocatedBytes } = device;
  return {
    ...device,
    beforeReservedBytes: Math.max(
      device.beforeReservedBytes,
      beforeAllocatedBytes
    ),
    afterReservedBytes: Math.max(device.afterReservedBytes, afterAllocatedBytes)
  };
}

/** The peak is at least what was allocated before and after. */
export function consistentCellDevice(device: ICellDevice): ICellDevice {
  return {
    ...device,
    peakAllocatedBytes: Math.max(
      device.peakAllocatedBytes,
      device.beforeAllocatedBytes,
      device.afterAllocatedBytes
    )
  };
}

/** What is alive was held. */
export function consistentRemovedName(removed: IRemovedName): IRemovedName {
  const { aliveBytes, heldBytes } = removed;
  return { ...removed, aliveBytes: Math.min(aliveBytes, heldBytes) };
}

function atLeast(value: number | null, least: number): number | null {
  return value === null ? null : Math.max(value, least);
}

function atMost(value: number | null, most: number): number | null {
  return value === null ? null : Math.min(value, most);
}

function isBeyond(part: number | null, whole: number | null): boolean {
  return part !== null && whole !== null && part > whole;
}
