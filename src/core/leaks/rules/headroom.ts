import { cachedBytes } from './cached';
import type { BreakdownKey } from '../../wire/devicebreakdown';
import { deviceBreakdown } from '../../wire/devicebreakdown';
import { deviceName } from '../../text/devicename';
import type { IAgentMessage, IDeviceReading } from '../../wire/generated';
import type { IRule, IRuleContext } from './rule';
import { keepOnly } from './rule';
import { nearlyFullEvidence, nearlyFullMessage } from '../warnings/messages';
import type { IWarning } from '../warnings/warning';

/** Once raised, the warning stays until this many times the threshold is left. */
const RELEASE_FACTOR = 1.5;

/** What is nothing to worry about: the kernel can still use it. */
const USABLE: readonly BreakdownKey[] = ['cached', 'free'];

/** A device on which next to nothing is left for this kernel. */
export class HeadroomRule implements IRule {
  constructor(private readonly _context: IRuleContext) {}

  addRun(): void {
    return;
  }

  addReading(message: IAgentMessage): void {
    const { devices } = message.reading;
    keepOnly(this._full, devices);
    for (const device of devices) {
      if (this._isNearlyFull(device)) {
        this._full.set(device.id, device);
      } else {
        this._full.delete(device.id);
      }
    }
  }

  warnings(): IWarning[] {
    return [...this._full.values()].map(device => this._warning(device));
  }

  private _isNearlyFull(device: IDeviceReading): boolean {
    const { freeBytes, totalBytes } = device;
    if (freeBytes === null || totalBytes === null) {
      return false;
    }
    const least = this._context.thresholds.nearlyFullFraction * totalBytes;
    const factor = this._full.has(device.id) ? RELEASE_FACTOR : 1;
    return freeBytes + cachedBytes(device) < factor * least;
  }

  private _warning(device: IDeviceReading): IWarning {
    const { parts } = deviceBreakdown(device);
    const biggest = parts
      .filter(part => !USABLE.includes(part.key))
      .reduce((one, other) => (other.bytes > one.bytes ? other : one));
    const facts = {
      device: deviceName(device, this._context.trans),
      leftBytes: (device.freeBytes ?? 0) + cachedBytes(device),
      totalBytes: device.totalBytes ?? 0,
      biggest,
      freeBytes: device.freeBytes ?? 0,
      cachedBytes: cachedBytes(device),
      allocatedBytes: device.allocatedBytes
    };
    return {
      id: `nearly-full:${device.id}`,
      kind: 'nearly-full',
      severity: 'warning',
      device: device.id,
      sentence: nearlyFullMessage(facts, this._context.trans),
      evidence: nearlyFullEvidence(facts, this._context.trans),
      bytes: biggest.bytes
    };
  }

  private readonly _full = new Map<string, IDeviceReading>();
}
