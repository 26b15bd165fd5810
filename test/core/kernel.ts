import type { LeakWatch } from '../../src/core/leaks/leakwatch';
import type {
  IAgentMessage,
  ICellRecord,
  IDeviceReading,
  ILeak,
  IRemovedName
} from '../../src/core/wire/generated';
import { GIB } from '../../src/core/text/units';

/** What one run of a cell does; bytes are those at its end. */
export interface IRun {
  readonly allocated: number;
  /** Without it, as much as was ever allocated since the last clear. */
  readonly reserved?: number;
  readonly peak?: number;
  readonly cell?: string | null;
  readonly code?: string;
  readonly ok?: boolean;
  readonly removed?: readonly IRemovedName[];
}

/** A kernel that does as it is told, and tells a leak watch about it. */
export class FakeKernel {
  constructor(private readonly _watch: LeakWatch) {}

  boot = 'boot-1';
  sequence = 0;
  nowMs = 0;
  allocated = 0;
  reserved = 0;
  pinned: number | null = 0;
  /** What other processes have. */
  others = 0;
  total: number | null = 80 * GIB;
  leaks: ILeak[] = [];
  /** Every record so far, oldest first. */
  readonly records: ICellRecord[] = [];

  /** Run a cell to its end. */
  run(run: IRun): void {
    const record = this.record(run);
    this.records.push(record);
    this._watch.observe(this.message({ finished: record }), this.nowMs);
  }

  /** Tell the present figures, changed as given. */
  push(fields: Partial<IAgentMessage> = {}): void {
    this._watch.observe(this.message(fields), this.nowMs);
  }

  /** Hand the cache back, as the button does. */
  clear(): void {
    this.reserved = this.allocated + (this.pinned ?? 0);
    this.push({ kind: 'cleared' });
  }

  /** Do what `run` does, and only return its record. */
  record(run: IRun): ICellRecord {
    const before = { allocated: this.allocated, reserved: this.reserved };
    const peak = Math.max(run.peak ?? 0, run.allocated, before.allocated);
    this.allocated = run.allocated;
    this.reserved = run.reserved ?? Math.max(this.reserved, peak);
    const number = this.records.length + 1;
    return {
      run: number,
      cellId: run.cell === undefined ? 'cell' : run.cell,
      executionCount: number,
      codeDigest: run.code ?? 'code',
      startedSeconds: number,
      endedSeconds: number + 1,
      ok: run.ok ?? true,
      devices: [
        {
          id: 'cuda:0',
          beforeAllocatedBytes: before.allocated,
          beforeReservedBytes: before.reserved,
          afterAllocatedBytes: this.allocated,
          afterReservedBytes: this.reserved,
          peakAllocatedBytes: peak,
          peakExact: true
        }
      ],
      removed: run.removed ?? []
    };
  }

  message(fields: Partial<IAgentMessage> = {}): IAgentMessage {
    this.sequence += 1;
    return {
      kind: 'push',
      boot: this.boot,
      sequence: this.sequence,
      agentVersion: '0.1.0',
      reading: {
        timeSeconds: 1764000000,
        state: 'ok',
        detail: null,
        torchVersion: '2.11.0',
        pid: 1,
        capturing: false,
        unsupported: [],
        devices: [this.device()]
      },
      running: null,
      finished: null,
      leaks: this.leaks,
      records: [],
      survey: null,
      clear: null,
      reason: null,
      lapsed: [],
      ...fields
    };
  }

  device(): IDeviceReading {
    const used = this.reserved + this.others;
    return {
      id: 'cuda:0',
      kind: 'cuda',
      index: 0,
      name: 'NVIDIA H100 80GB HBM3',
      uuid: null,
      driverIndex: null,
      driverSlice: null,
      allocatedBytes: this.allocated,
      reservedBytes: this.reserved,
      peakAllocatedBytes: null,
      peakReservedBytes: null,
      pinnedBytes: this.pinned,
      freeBytes: this.total === null ? null : Math.max(0, this.total - used),
      totalBytes: this.total,
      processBytes: this.reserved,
      computeCapability: null
    };
  }
}

/** A removed name that held `heldBytes`, of which `aliveBytes` live on. */
export function removed(
  name: string,
  heldBytes: number,
  aliveBytes = 0
): IRemovedName {
  return {
    name,
    how: 'deleted',
    device: 'cuda:0',
    heldBytes,
    aliveBytes,
    heldBy: []
  };
}

/** A leak of one name in run 1, as cell [6]. */
export function leak(fields: Partial<ILeak> = {}): ILeak {
  return {
    ...removed('model', 2 * GIB, 2 * GIB),
    id: 1,
    run: 1,
    executionCount: 6,
    ...fields
  };
}
