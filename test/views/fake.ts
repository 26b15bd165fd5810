import { Signal } from '@lumino/signaling';

import type { Sentence } from '../../src/core/text/translation';
import type {
  AgentRequest,
  ICellRecord,
  IDeviceReading,
  IHoldings,
  IReading,
  IRunningCell
} from '../../src/core/wire/generated';
import type { IWarning } from '../../src/core/leaks/warnings/warning';
import type {
  IActiveTarget,
  IMonitor,
  ISample,
  MonitorStatus
} from '../../src/model/tokens';
import type { ICleared } from '../../src/model/cleared';
import type { IHoldingsLook } from '../../src/model/holdings';
import type { IQuery } from '../../src/kernel/query';
import type { ClearHow, IPanelActions } from '../../src/views/shared/actions';

export const GIB = 2 ** 30;
export const MIB = 2 ** 20;

/** Who holds the memory, settable. */
export class FakeHoldings implements IHoldingsLook {
  found: IHoldings | null = null;
  isOutdated = false;
  foundSeconds = 1_764_000_000;
  isAsking = false;
  failure: Sentence | null = null;
  asks = 0;

  async ask(): Promise<void> {
    this.asks++;
    return Promise.resolve();
  }
}

/** A monitor whose every figure can be set; `tell()` says that some were. */
export class FakeMonitor implements IMonitor {
  readonly changed: Signal<IMonitor, void> = new Signal(this);
  readonly cellFinished: Signal<IMonitor, ICellRecord> = new Signal(this);
  readonly warningRaised: Signal<IMonitor, IWarning> = new Signal(this);
  kernelId = 'kernel-1';
  status: MonitorStatus = 'attached';
  failure: Sentence | null = null;
  busy = false;
  reading: IReading | null = reading([device()]);
  running: IRunningCell | null = null;
  records: ICellRecord[] = [];
  warnings: IWarning[] = [];
  snoozedCount = 0;
  cleared: ICleared | null = null;
  staleMs: number | null = null;
  history: { [deviceId: string]: ISample[] } = {};
  isDisposed = false;
  snoozed: string[] = [];
  unsnoozes = 0;
  retries = 0;
  holdings = new FakeHoldings();
  asked: AgentRequest[] = [];
  /** Gives the facts that answer a question, or throws. */
  answer: (request: AgentRequest) => unknown = () => null;

  constructor(change: Partial<FakeMonitor> = {}) {
    Object.assign(this, change);
  }

  tell(change: Partial<FakeMonitor>): void {
    Object.assign(this, change);
    this.changed.emit();
  }

  ageMs(): number | null {
    return this.reading && (this.staleMs ?? 0);
  }

  isStale(): boolean {
    return this.staleMs !== null;
  }

  samples(deviceId: string): readonly ISample[] {
    return this.history[deviceId] ?? [];
  }

  toBrowserMs(kernelSeconds: number): number {
    return kernelSeconds * 1000;
  }

  snooze(warningId: string): void {
    this.snoozed.push(warningId);
  }

  unsnoozeAll(): void {
    this.unsnoozes++;
  }

  noteCleared(): void {
    return;
  }

  async ask<T>(question: IQuery<T>): Promise<T> {
    this.asked.push(question.request);
    return (await this.answer(question.request)) as T;
  }

  retry(): void {
    this.retries++;
  }

  dispose(): void {
    this.isDisposed = true;
  }
}

/** What the panel is about, settable. */
export class FakeSource {
  readonly targetChanged = new Signal<FakeSource, void>(this);
  target: IActiveTarget;

  constructor(monitor: IMonitor | null, title = 'finetune.ipynb') {
    this.target = { title, monitor, hasDocument: true };
  }

  show(target: Partial<IActiveTarget>): void {
    this.target = { ...this.target, ...target };
    this.targetChanged.emit();
  }
}

/** Actions that only remember that they were called. */
export class FakeActions implements IPanelActions {
  readonly calls: string[] = [];

  clear(how?: ClearHow): void {
    this.calls.push(`clear ${how ?? 'by settings'}`);
  }

  findHolders(): void {
    this.calls.push('find holders');
  }

  release(names: readonly string[]): void {
    this.calls.push(`release ${names.join(', ')}`);
  }

  releaseAll(): void {
    this.calls.push('release all');
  }

  insertCode(code: string): void {
    this.calls.push(`code ${code}`);
  }

  insertSnippet(id: string): void {
    this.calls.push(`insert ${id}`);
  }

  usePractice(): void {
    this.calls.push('practice');
  }

  retry(): void {
    this.calls.push('retry');
  }

  settings = true;

  hasSettings(): boolean {
    return this.settings;
  }

  openSettings(): void {
    this.calls.push('settings');
  }
}

export function reading(
  devices: IDeviceReading[],
  change: Partial<IReading> = {}
): IReading {
  return {
    timeSeconds: 1_764_000_000,
    state: 'ok',
    detail: null,
    torchVersion: '2.9.0+cu128',
    pid: 4711,
    capturing: false,
    unsupported: [],
    devices,
    ...change
  };
}

/** An H100 with 14.2 GiB of live tensors. */
export function device(change: Partial<IDeviceReading> = {}): IDeviceReading {
  return {
    id: 'cuda:0',
    kind: 'cuda',
    index: 0,
    name: 'NVIDIA H100 80GB HBM3',
    uuid: 'GPU-1',
    driverIndex: null,
    driverSlice: null,
    allocatedBytes: 14.2 * GIB,
    reservedBytes: 17.6 * GIB,
    peakAllocatedBytes: 16.9 * GIB,
    peakReservedBytes: 17.6 * GIB,
    pinnedBytes: 1.2 * GIB,
    freeBytes: 56.5 * GIB,
    totalBytes: 79.6 * GIB,
    processBytes: 18.2 * GIB,
    computeCapability: [9, 0],
    ...change
  };
}

/** Torch on the CPU, standing in for a GPU. */
export function practiceDevice(
  change: Partial<IDeviceReading> = {}
): IDeviceReading {
  return device({
    id: 'practice',
    kind: 'practice',
    name: 'Practice device (CPU)',
    uuid: null,
    driverIndex: null,
    driverSlice: null,
    allocatedBytes: 512 * MIB,
    reservedBytes: 768 * MIB,
    peakAllocatedBytes: 800 * MIB,
    pinnedBytes: 0,
    totalBytes: 4 * GIB,
    freeBytes: 4 * GIB - 768 * MIB,
    processBytes: 768 * MIB,
    computeCapability: null,
    ...change
  });
}

/** One run that took `before` to `after`, both in GiB of `cuda:0`. */
export function record(
  run: number,
  before: number,
  after: number,
  change: Partial<ICellRecord> & { peak?: number; exact?: boolean } = {}
): ICellRecord {
  const { peak = Math.max(before, after), exact = true, ...rest } = change;
  return {
    run,
    cellId: `cell-${run}`,
    executionCount: run,
    codeDigest: `digest-${run}`,
    startedSeconds: 1_764_000_000 + run * 60,
    endedSeconds: 1_764_000_030 + run * 60,
    ok: true,
    devices: [
      {
        id: 'cuda:0',
        beforeAllocatedBytes: before * GIB,
        beforeReservedBytes: before * GIB,
        afterAllocatedBytes: after * GIB,
        afterReservedBytes: after * GIB,
        peakAllocatedBytes: peak * GIB,
        peakExact: exact
      }
    ],
    removed: [],
    ...rest
  };
}

export function warning(change: Partial<IWarning> = {}): IWarning {
  return {
    id: 'leak-1',
    kind: 'not-freed',
    severity: 'warning',
    device: 'cuda:0',
    sentence: '`del model` freed 0 B of 13.5 GiB.',
    evidence: 'Cell [6] deleted `model`; `history` still holds it.',
    bytes: 13.5 * GIB,
    ...change
  };
}

/** A sample at a number of seconds after a fixed time, both sizes in GiB. */
export function sample(
  seconds: number,
  allocated: number,
  reserved: number
): ISample {
  return {
    timeMs: 1_764_000_000_000 + seconds * 1000,
    allocatedBytes: allocated * GIB,
    reservedBytes: reserved * GIB
  };
}
