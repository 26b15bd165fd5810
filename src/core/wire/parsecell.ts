import type { Field } from './decode';
import { LIMITS } from './limits';
import type {
  ICellDevice,
  ICellRecord,
  IClearedDevice,
  IClearReport,
  ILeak,
  IRemovedName,
  IRunningCell
} from './reading';

/** Read the cell that is running. */
export function parseRunning(running: Field): IRunningCell {
  return {
    cellId: running.key('cell_id').textOrNull(LIMITS.idLength),
    executionCount: running.key('execution_count').wholeOrNull(),
    startedSeconds: running.key('started').seconds()
  };
}

/** Read one finished run of one cell. */
export function parseRecord(record: Field): ICellRecord {
  return {
    run: record.key('run').whole(),
    cellId: record.key('cell_id').textOrNull(LIMITS.idLength),
    executionCount: record.key('execution_count').wholeOrNull(),
    codeDigest: record.key('code_digest').text(LIMITS.idLength),
    startedSeconds: record.key('started').seconds(),
    endedSeconds: record.key('ended').seconds(),
    ok: record.key('ok').flag(),
    devices: record.key('devices').list(LIMITS.devices, parseCellDevice),
    removed: record.key('removed').list(LIMITS.removed, parseRemoved)
  };
}

/** Read one removed name whose memory is still alive. */
export function parseLeak(leak: Field): ILeak {
  return {
    ...parseRemoved(leak),
    id: leak.key('id').whole(),
    run: leak.key('run').whole(),
    executionCount: leak.key('execution_count').wholeOrNull()
  };
}

/** Read what one clear did. */
export function parseClear(clear: Field): IClearReport {
  return {
    devices: clear.key('devices').list(LIMITS.devices, parseChange),
    collectedObjects: clear.key('collected_objects').whole(),
    released: clear
      .key('released')
      .listOrEmpty(LIMITS.foundHolders, name => name.text(LIMITS.nameLength))
  };
}

function parseCellDevice(device: Field): ICellDevice {
  const change = parseChange(device);
  const peak = device.key('peak_allocated_bytes').whole();
  return {
    ...change,
    peakAllocatedBytes: Math.max(
      peak,
      change.beforeAllocatedBytes,
      change.afterAllocatedBytes
    ),
    peakExact: device.key('peak_exact').flag()
  };
}

function parseChange(device: Field): IClearedDevice {
  const beforeAllocatedBytes = device.key('before_allocated_bytes').whole();
  const beforeReserved = device.key('before_reserved_bytes').whole();
  const afterAllocatedBytes = device.key('after_allocated_bytes').whole();
  const afterReserved = device.key('after_reserved_bytes').whole();
  return {
    id: device.key('id').text(LIMITS.idLength),
    beforeAllocatedBytes,
    beforeReservedBytes: Math.max(beforeReserved, beforeAllocatedBytes),
    afterAllocatedBytes,
    afterReservedBytes: Math.max(afterReserved, afterAllocatedBytes)
  };
}

function parseRemoved(removed: Field): IRemovedName {
  const heldBytes = removed.key('held_bytes').whole();
  return {
    name: removed.key('name').text(LIMITS.nameLength),
    how: removed.key('how').oneOf(['deleted', 'rebound']),
    device: removed.key('device').text(LIMITS.idLength),
    heldBytes,
    aliveBytes: Math.min(removed.key('alive_bytes').whole(), heldBytes),
    heldBy: removed
      .key('held_by')
      .listOrEmpty(LIMITS.holders, holder => holder.text(LIMITS.nameLength))
  };
}
