import type {
  IDeviceReading,
  IReading
} from '../../../src/core/wire/generated';
import { GIB } from '../../../src/core/text/units';

/** A reading of one device of 80 GiB, with some of its figures replaced. */
export function readingOf(figures: Partial<IDeviceReading> = {}): IReading {
  return {
    timeSeconds: 0,
    state: 'ok',
    detail: null,
    torchVersion: '2.11.0',
    pid: 77,
    capturing: false,
    unsupported: [],
    devices: [
      {
        id: 'cuda:0',
        kind: 'cuda',
        index: 0,
        name: 'NVIDIA H100 80GB HBM3',
        uuid: null,
        driverIndex: null,
        driverSlice: null,
        computeCapability: null,
        allocatedBytes: 0,
        reservedBytes: 0,
        peakAllocatedBytes: null,
        peakReservedBytes: null,
        pinnedBytes: null,
        freeBytes: 80 * GIB,
        totalBytes: 80 * GIB,
        processBytes: null,
        ...figures
      }
    ]
  };
}

/** Figures of a message, in GiB. */
export interface IMessageGib {
  readonly tried: number;
  readonly free: number;
  /** In live tensors; the text adds the pools. */
  readonly allocated: number;
  readonly unallocated?: number;
  readonly pools?: number;
  readonly allowed?: number;
  readonly total?: number;
  /** By process id; this process is 0. */
  readonly processes?: readonly (readonly [pid: number, gib: number])[];
}

/** A message of PyTorch 2.4 and later with these figures. */
export function messageOf(given: IMessageGib): string {
  const gib = (figure = 0): string => `${figure.toFixed(2)} GiB`;
  const lines = (given.processes ?? []).map(([pid, held]) =>
    pid === 0
      ? `Including non-PyTorch memory, this process has ${gib(held)} memory in use. `
      : `Process ${pid} has ${gib(held)} memory in use. `
  );
  const cap =
    given.allowed === undefined ? '' : `${gib(given.allowed)} allowed; `;
  const pools =
    given.pools === undefined
      ? ', and '
      : `, with ${gib(given.pools)} allocated in private pools (e.g., CUDA Graphs), and `;
  return `torch.OutOfMemoryError: CUDA out of memory. Tried to allocate ${gib(given.tried)}. GPU 0 has a total capacity of ${gib(given.total ?? 80)} of which ${gib(given.free)} is free. ${lines.join('')}${cap}Of the allocated memory ${gib(given.allocated + (given.pools ?? 0))} is allocated by PyTorch${pools}${gib(given.unallocated)} is reserved by PyTorch but unallocated. If reserved but unallocated memory is large try setting PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True to avoid fragmentation.`;
}
