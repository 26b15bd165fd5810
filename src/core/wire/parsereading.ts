import type { Field } from './decode';
import { LIMITS } from './limits';
import type { IDeviceReading, IReading } from './reading';

const STATES = [
  'ok',
  'no-torch',
  'torch-without-gpu',
  'no-driver',
  'not-initialised',
  'error'
] as const;

const KINDS = ['cuda', 'hip', 'mps', 'xpu', 'practice'] as const;

/**
 * Read one reading.
 *
 * Of devices with the same id the first counts. Where the state is `ok` but no
 * device is left, the state becomes `error`: somebody unplugged the device.
 */
export function parseReading(reading: Field): IReading {
  const state = reading.key('state').oneOf(STATES);
  const detail = reading.key('detail').textOrNull(LIMITS.textLength);
  const devices = reading.key('devices').list(LIMITS.devices, parseDevice);
  const isEmpty = state === 'ok' && devices.length === 0;
  return {
    timeSeconds: reading.key('time').seconds(),
    state: isEmpty ? 'error' : state,
    detail: isEmpty ? (detail ?? 'The kernel reported no device') : detail,
    torchVersion: reading.key('torch_version').textOrNull(LIMITS.idLength),
    pid: reading.key('pid').whole(),
    capturing: reading.key('capturing').flag(),
    unsupported: reading
      .key('unsupported')
      .listOrEmpty(LIMITS.unsupported, key => key.text(LIMITS.idLength)),
    devices: distinct(devices)
  };
}

function distinct(devices: readonly IDeviceReading[]): IDeviceReading[] {
  const byId = new Map<string, IDeviceReading>();
  for (const device of devices) {
    if (!byId.has(device.id)) {
      byId.set(device.id, device);
    }
  }
  return [...byId.values()];
}

function parseDevice(device: Field): IDeviceReading {
  const allocatedBytes = device.key('allocated_bytes').whole();
  const reserved = device.key('reserved_bytes').whole();
  const reservedBytes = Math.max(reserved, allocatedBytes);
  const peakAllocated = device.key('peak_allocated_bytes').wholeOrNull();
  const peakReserved = device.key('peak_reserved_bytes').wholeOrNull();
  const pinned = device.key('pinned_bytes').wholeOrNull();
  const free = device.key('free_bytes').wholeOrNull();
  // A device of size 0 is one that could not be asked.
  const totalBytes = device.key('total_bytes').wholeOrNull() || null;
  return {
    id: device.key('id').text(LIMITS.idLength),
    kind: device.key('kind').oneOf(KINDS),
    index: device.key('index').whole(),
    name: device.key('name').text(LIMITS.nameLength),
    uuid: device.key('uuid').textOrNull(LIMITS.idLength),
    driverIndex: device.key('driver_index').wholeOrNull(),
    driverSlice: device.key('driver_slice').wholeOrNull(),
    allocatedBytes,
    reservedBytes,
    peakAllocatedBytes: atLeast(peakAllocated, allocatedBytes),
    peakReservedBytes: atLeast(peakReserved, reservedBytes),
    pinnedBytes: atMost(pinned, reservedBytes - allocatedBytes),
    freeBytes: isBeyond(free, totalBytes) ? null : free,
    totalBytes,
    processBytes: device.key('process_bytes').wholeOrNull(),
    computeCapability: device.key('compute_capability').orNull(capability)
  };
}

/** Two small numbers; whatever else came is unknown. */
function capability(field: Field): readonly [number, number] | null {
  const numbers = field.list(3, each => each.wholeOrNull() ?? NaN);
  const [major = NaN, minor = NaN] = numbers;
  const isPair = numbers.length === 2 && major < 1000 && minor < 1000;
  return isPair ? [major, minor] : null;
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
