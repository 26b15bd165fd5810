import type {
  IAgentMessage,
  ICellDevice,
  ICellRecord,
  IDeviceReading
} from '../../wire/generated';
import type { IFinishedRun, IRule, IRuleContext } from './rule';
import { ensure, keepOnly, RELEASE_FRACTION, shareBytes } from './rule';
import { cachedEvidence, cachedMessage } from '../warnings/messages';
import type { IWarning } from '../warnings/warning';

/** Cells that must have ended since the removal without a use for the cache. */
const MIN_CELLS = 2;

interface ICache {
  /** Allocated after a removal that did not free its memory at once; else null. */
  pendingBytes: number | null;
  /** Cells ended since memory was freed and stayed cached; null before that. */
  cells: number | null;
  isRaised: boolean;
  reading: IDeviceReading | null;
}

/**
 * PyTorch's cache: memory that a removed name gave up, that stayed reserved,
 * and that no cell since has had a use for, not even at its peak.
 *
 * A training loop keeps a cache as well, but it uses it in every run.
 */
export class CacheRule implements IRule {
  constructor(private readonly _context: IRuleContext) {}

  addRun({ record }: IFinishedRun): void {
    for (const device of record.devices) {
      this._addCell(this._cache(device.id), record, device);
    }
  }

  addReading(message: IAgentMessage): void {
    const { devices } = message.reading;
    keepOnly(this._caches, devices);
    for (const device of devices) {
      const cache = this._cache(device.id);
      cache.reading = device;
      // While a cell runs it may be using the cache.
      if (message.running === null) {
        this._judge(cache, device);
      }
    }
  }

  warnings(): IWarning[] {
    const found: IWarning[] = [];
    for (const [id, cache] of this._caches) {
      if (cache.isRaised && cache.cells !== null && cache.reading !== null) {
        found.push(this._warning(id, cache.reading));
      }
    }
    return found;
  }

  private _addCell(
    cache: ICache,
    record: ICellRecord,
    device: ICellDevice
  ): void {
    const { leakMinBytes } = this._context.thresholds;
    const { afterAllocatedBytes: after, afterReservedBytes: reserved } = device;
    const removed = record.removed.filter(
      each => each.device === device.id && each.heldBytes >= leakMinBytes
    );
    const freedNow =
      removed.some(each => each.heldBytes - each.aliveBytes >= leakMinBytes) &&
      device.beforeAllocatedBytes - after >= leakMinBytes;
    const freedLater =
      cache.pendingBytes !== null && cache.pendingBytes - after >= leakMinBytes;
    if (freedLater) {
      cache.pendingBytes = null;
    }
    if (removed.some(each => each.aliveBytes >= leakMinBytes)) {
      cache.pendingBytes = Math.max(cache.pendingBytes ?? 0, after);
    }
    const isFreeing = freedNow || freedLater;
    // The cell that frees had its peak before; any other one shows by it what it needs.
    const needed = isFreeing ? after : device.peakAllocatedBytes;
    const isUnused =
      reserved - needed >= this._least(device.id) && after < reserved / 2;
    if (!isUnused) {
      cache.cells = null;
    } else if (isFreeing) {
      cache.cells ??= 0;
    } else if (cache.cells !== null) {
      cache.cells += 1;
    }
  }

  private _judge(cache: ICache, device: IDeviceReading): void {
    const least = this._least(device.id);
    const cached = cachedBytes(device);
    if (cached < RELEASE_FRACTION * least) {
      cache.cells = null;
    }
    const held = cache.cells !== null && cache.cells >= MIN_CELLS;
    cache.isRaised = held && (cache.isRaised || cached >= least);
  }

  private _least(id: string): number {
    return shareBytes(
      this._context.thresholds.cachedFraction,
      id,
      this._context
    );
  }

  private _warning(id: string, device: IDeviceReading): IWarning {
    const facts = {
      cachedBytes: cachedBytes(device),
      reservedBytes: device.reservedBytes,
      allocatedBytes: device.allocatedBytes
    };
    return {
      id: `cached:${id}`,
      kind: 'cached',
      severity: 'info',
      device: id,
      sentence: cachedMessage(facts, this._context.trans),
      evidence: cachedEvidence(facts, this._context.trans),
      bytes: facts.cachedBytes
    };
  }

  private _cache(id: string): ICache {
    return ensure(this._caches, id, () => ({
      pendingBytes: null,
      cells: null,
      isRaised: false,
      reading: null
    }));
  }

  private readonly _caches = new Map<string, ICache>();
}

/** Bytes that the allocator can return: reserved, unused and not pinned. */
export function cachedBytes(device: IDeviceReading): number {
  const { allocatedBytes, pinnedBytes, reservedBytes } = device;
  return Math.max(0, reservedBytes - allocatedBytes - (pinnedBytes ?? 0));
}
