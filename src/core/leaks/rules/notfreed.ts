import type { IAgentMessage, ILeak } from '../../wire/generated';
import type { IRule, IRuleContext } from './rule';
import { ensure } from './rule';
import { notFreedEvidence, notFreedMessage } from '../warnings/messages';
import type { IWarning } from '../warnings/warning';

/**
 * Names that were deleted or replaced without their memory coming back.
 *
 * The kernel follows the memory itself, so a warning lasts for as long as the
 * kernel lists the leak. All names that one cell removed make one warning.
 */
export class NotFreedRule implements IRule {
  constructor(private readonly _context: IRuleContext) {}

  addRun(): void {
    return;
  }

  addReading(message: IAgentMessage): void {
    this._latest = message;
  }

  warnings(): IWarning[] {
    const { leakMinBytes } = this._context.thresholds;
    const groups = new Map<string, ILeak[]>();
    for (const leak of this._latest?.leaks ?? []) {
      if (leak.aliveBytes >= leakMinBytes) {
        ensure(groups, `${leak.run}:${leak.device}`, () => []).push(leak);
      }
    }
    return [...groups.values()].flatMap(leaks => this._warning(leaks));
  }

  private _warning(leaks: readonly ILeak[]): IWarning[] {
    const [first] = leaks;
    const device = this._latest?.reading.devices.find(
      each => each.id === first?.device
    );
    if (first === undefined || device === undefined) {
      return [];
    }
    const held = sum(leaks.map(leak => leak.heldBytes));
    const alive = sum(leaks.map(leak => leak.aliveBytes));
    // Names that share memory each count it: no more is alive than is allocated.
    const aliveBytes = Math.min(alive, device.allocatedBytes);
    const facts = {
      names: [...new Set(leaks.map(leak => leak.name))],
      how: leaks.every(leak => leak.how === first.how) ? first.how : 'both',
      executionCount: first.executionCount,
      heldBytes: held - alive + aliveBytes,
      aliveBytes,
      allocatedBytes: device.allocatedBytes,
      heldBy: [...new Set(leaks.flatMap(leak => leak.heldBy))]
    } as const;
    return [
      {
        id: `not-freed:${first.device}:${first.run}`,
        kind: 'not-freed',
        severity: 'warning',
        device: first.device,
        sentence: notFreedMessage(facts, this._context.trans),
        evidence: notFreedEvidence(facts, this._context.trans),
        bytes: aliveBytes,
        heldBy: facts.heldBy
      }
    ];
  }

  private _latest: IAgentMessage | null = null;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
