import type {
  IAgentMessage,
  ICellDevice,
  ICellRecord
} from '../../wire/generated';
import type { IFinishedRun, IRule, IRuleContext } from './rule';
import { ensure } from './rule';
import { growingCellEvidence, growingCellMessage } from '../warnings/messages';
import { MIB } from '../../text/units';
import type { IThresholds, IWarning } from '../warnings/warning';

/** Cells that are followed; the one that ran longest ago gives way. */
const MAX_CELLS = 500;

/** Devices that are followed for one cell. */
const MAX_DEVICES = 64;

/** Less growth than this is noise. */
const MIN_STEP_BYTES = MIB;

/** Up to this much may be a cuBLAS workspace, which stays for good. */
const MAX_WORKSPACE_BYTES = 34 * MIB;

/** Workspaces that one cell may bring about without being called a leak. */
const MAX_WORKSPACES = 2;

/** Runs without growth after which a cell is no longer called a leak. */
const QUIET_RUNS = 2;

/** Latest steps that are kept as evidence. */
const MAX_STEPS = 4;

interface ICell {
  record: ICellRecord;
  readonly series: Map<string, Series>;
}

/**
 * A cell that leaves more allocated each time it runs again.
 *
 * The same cell is one with the same id and the same code. A step is what a run
 * left beyond both its own beginning and the end of the cell's run before, so
 * neither what other cells load nor a load that follows a delete is growth.
 */
export class GrowthRule implements IRule {
  constructor(private readonly _context: IRuleContext) {}

  addRun({ record }: IFinishedRun): void {
    const key = cellKey(record);
    const cell = this._cells.get(key) ?? {
      record,
      series: new Map<string, Series>()
    };
    cell.record = record;
    // Inserted again, the cell is the latest one.
    this._cells.delete(key);
    this._cells.set(key, cell);
    for (const [oldest] of this._cells) {
      if (this._cells.size <= MAX_CELLS) {
        break;
      }
      this._cells.delete(oldest);
    }
    for (const device of record.devices) {
      if (cell.series.has(device.id) || cell.series.size < MAX_DEVICES) {
        const series = ensure(cell.series, device.id, () => new Series());
        series.add(device, this._context.thresholds);
      }
    }
  }

  addReading(message: IAgentMessage): void {
    if (message.running !== null) {
      // A running cell may let go of something only to build it again.
      return;
    }
    for (const device of message.reading.devices) {
      for (const cell of this._cells.values()) {
        cell.series.get(device.id)?.settle(device.allocatedBytes);
      }
    }
  }

  warnings(): IWarning[] {
    const found: IWarning[] = [];
    for (const [key, cell] of this._cells) {
      for (const [device, series] of cell.series) {
        if (series.isLeak(this._context.thresholds)) {
          found.push(this._warning(key, cell, device, series));
        }
      }
    }
    return found;
  }

  private _warning(
    key: string,
    cell: ICell,
    device: string,
    series: Series
  ): IWarning {
    const facts = {
      executionCount: cell.record.executionCount,
      reruns: series.count,
      grownBytes: series.grownBytes,
      latestSteps: series.latestSteps,
      allocatedBytes: series.afterBytes
    };
    return {
      id: `growing-cell:${device}:${key}`,
      kind: 'growing-cell',
      severity: 'warning',
      device,
      sentence: growingCellMessage(facts, this._context.trans),
      evidence: growingCellEvidence(facts, this._context.trans),
      bytes: series.grownBytes
    };
  }

  private readonly _cells = new Map<string, ICell>();
}

function cellKey(record: ICellRecord): string {
  return record.cellId === null
    ? record.codeDigest
    : `${record.cellId}:${record.codeDigest}`;
}

/** Reruns in a row of one cell, each of which left more on one device. */
class Series {
  /** Steps so far; 0 while there is no series. */
  count = 0;
  grownBytes = 0;
  latestSteps: readonly number[] = [];
  /** Allocated at the end of the latest run. */
  afterBytes = 0;

  add(device: ICellDevice, thresholds: IThresholds): void {
    const previous = this._hasRun ? this.afterBytes : Infinity;
    const after = device.afterAllocatedBytes;
    const step = after - Math.max(device.beforeAllocatedBytes, previous);
    this._hasRun = true;
    this.afterBytes = after;
    if (step >= MIN_STEP_BYTES) {
      this._grow(step, after);
    } else if (!this.isLeak(thresholds) || ++this._quietRuns >= QUIET_RUNS) {
      this._end();
    }
  }

  /** End the series when half of what it left is gone. */
  settle(allocatedBytes: number): void {
    if (allocatedBytes < this._startBytes + this.grownBytes / 2) {
      this._end();
    }
  }

  isLeak(thresholds: IThresholds): boolean {
    const workspaces = this._workspaces;
    const count = this.count - workspaces.length;
    const grown = workspaces.reduce(
      (rest, each) => rest - each,
      this.grownBytes
    );
    return (
      count >= Math.max(1, thresholds.growthRuns - 1) &&
      grown >= thresholds.leakMinBytes
    );
  }

  private _grow(step: number, after: number): void {
    this.count += 1;
    this.grownBytes += step;
    this.latestSteps = [...this.latestSteps, step].slice(-MAX_STEPS);
    this._quietRuns = 0;
    if (this.count === 1) {
      this._startBytes = after - step;
    }
    if (step <= MAX_WORKSPACE_BYTES) {
      this._workspaces = [...this._workspaces, step]
        .sort((one, other) => other - one)
        .slice(0, MAX_WORKSPACES);
    }
  }

  private _end(): void {
    this.count = 0;
    this.grownBytes = 0;
    this.latestSteps = [];
    this._quietRuns = 0;
    this._startBytes = 0;
    this._workspaces = [];
  }

  private _hasRun = false;
  private _startBytes = 0;
  private _quietRuns = 0;
  /** The largest steps that may be workspaces. */
  private _workspaces: readonly number[] = [];
}
