import type { IAgentMessage, IDeviceReading } from '../../wire/generated';
import type { IFinishedRun, IRule, IRuleContext } from './rule';
import { ensure, keepOnly, RELEASE_FRACTION, shareBytes } from './rule';
import { fragmentedEvidence, fragmentedMessage } from '../warnings/messages';
import type { IWarning } from '../warnings/warning';

/** Cells in a row at whose end that much must have been pinned. */
const MIN_CELLS = 2;

interface IFragmentation {
  /** Pinned bytes at the end of the latest cells; null where unknown. */
  pinnedAtEnd: readonly (number | null)[];
  /** The latest figure that was known. */
  pinnedBytes: number;
  isRaised: boolean;
  reading: IDeviceReading | null;
}

/** Reserved memory that can't be returned, because live tensors share its segments. */
export class FragmentationRule implements IRule {
  constructor(private readonly _context: IRuleContext) {}

  addRun({ devices }: IFinishedRun): void {
    for (const device of devices ?? []) {
      const state = this._state(device.id);
      state.pinnedAtEnd = [...state.pinnedAtEnd, device.pinnedBytes].slice(
        -MIN_CELLS
      );
    }
  }

  addReading(message: IAgentMessage): void {
    const { devices } = message.reading;
    keepOnly(this._states, devices);
    for (const device of devices) {
      const state = this._state(device.id);
      state.reading = device;
      state.pinnedBytes = Math.min(
        device.pinnedBytes ?? state.pinnedBytes,
        device.reservedBytes - device.allocatedBytes
      );
      // While a cell runs, its temporary tensors pin segments as well.
      if (message.running === null) {
        this._judge(state, device.id);
      }
    }
  }

  warnings(): IWarning[] {
    const found: IWarning[] = [];
    for (const [id, state] of this._states) {
      if (state.isRaised && state.reading !== null) {
        found.push(this._warning(id, state, state.reading));
      }
    }
    return found;
  }

  private _judge(state: IFragmentation, id: string): void {
    const { fragmentedFraction } = this._context.thresholds;
    const least = shareBytes(fragmentedFraction, id, this._context);
    const lasted =
      state.pinnedAtEnd.length === MIN_CELLS &&
      state.pinnedAtEnd.every(pinned => pinned !== null && pinned >= least);
    state.isRaised = state.isRaised
      ? state.pinnedBytes >= RELEASE_FRACTION * least
      : lasted && state.pinnedBytes >= least;
  }

  private _warning(
    id: string,
    state: IFragmentation,
    device: IDeviceReading
  ): IWarning {
    const facts = {
      pinnedBytes: state.pinnedBytes,
      reservedBytes: device.reservedBytes,
      allocatedBytes: device.allocatedBytes
    };
    return {
      id: `fragmented:${id}`,
      kind: 'fragmented',
      severity: 'warning',
      device: id,
      sentence: fragmentedMessage(facts, this._context.trans),
      evidence: fragmentedEvidence(facts, this._context.trans),
      bytes: state.pinnedBytes
    };
  }

  private _state(id: string): IFragmentation {
    return ensure(this._states, id, () => ({
      pinnedAtEnd: [],
      pinnedBytes: 0,
      isRaised: false,
      reading: null
    }));
  }

  private readonly _states = new Map<string, IFragmentation>();
}
