import type { IGpu } from '../core/plan';
import { gpuOf as planGpuOf } from '../core/plan';
import type { IDeviceReading } from '../core/wire/generated';
import type { IDriverAnswer, IDriverGpu } from './server/nvidia';
import type {
  IGpuOverview,
  IGpuUser,
  INotebookReading,
  IOverview
} from './server/rows';

interface IUse {
  readonly row: INotebookReading;
  /** Null where the driver alone knows of it. */
  readonly device: IDeviceReading | null;
}

/** All GPUs that a kernel or the driver reports. */
export function gpusOf(
  rows: readonly INotebookReading[],
  driver: IDriverAnswer
): IGpuOverview[] {
  const uses = new Map<string, IUse[]>();
  for (const row of rows) {
    for (const [key, device] of devicesOf(row, driver)) {
      uses.set(key, [...(uses.get(key) ?? []), { row, device }]);
    }
  }
  const told = [...uses].map(([key, users]) => {
    const gpu = driver.gpus.find(({ uuid }) => uuid === key) ?? null;
    return gpuOf(key, users, gpu, driver);
  });
  const silent = driver.gpus
    .filter(({ uuid }) => !uses.has(uuid))
    .map(gpu => gpuOf(gpu.uuid, [], gpu, driver));
  return [...told, ...silent];
}

/** The biggest GPU that a kernel or the driver reports. */
export function biggestGpu({ gpus, notebooks }: IOverview): IGpu | null {
  const seen = notebooks.flatMap(({ reading }) => reading?.devices ?? []);
  const found = [
    ...seen.flatMap(device => planGpuOf(device) ?? []),
    ...gpus.flatMap(({ name, totalBytes, freeBytes }) =>
      totalBytes === null
        ? []
        : { name, totalBytes, freeBytes, computeCapability: null }
    )
  ];
  const [biggest] = found.sort(
    (one, other) => other.totalBytes - one.totalBytes
  );
  return biggest ?? null;
}

/** The devices of a notebook by their key: those it reported, and those that the driver knows. */
function devicesOf(
  row: INotebookReading,
  { uses }: IDriverAnswer
): ReadonlyMap<string, IDeviceReading | null> {
  const own = uses.filter(({ pid }) => pid === row.pid);
  // What has ended holds nothing.
  const isOver =
    row.problem?.code === 'kernel-gone' || row.problem?.code === 'restarted';
  const told = isOver ? [] : (row.reading?.devices ?? []);
  return new Map([
    ...own.map(({ uuid }) => [uuid, null] as const),
    ...told.map(device => [keyOf(row, device), device] as const)
  ]);
}

/** Kernels see the same GPU, but each has a practice device of its own. */
function keyOf(row: INotebookReading, device: IDeviceReading): string {
  return device.kind === 'practice'
    ? `${device.id} of ${row.notebook.path}`
    : (device.uuid ?? device.id);
}

function gpuOf(
  key: string,
  uses: readonly IUse[],
  gpu: IDriverGpu | null,
  driver: IDriverAnswer
): IGpuOverview {
  const first = uses.find(({ device }) => device !== null)?.device ?? null;
  const totalBytes = gpu?.totalBytes ?? first?.totalBytes ?? null;
  const { freeBytes, freeAgeMs } = freeOf(uses, gpu);
  const users = uses
    .map(use => userOf(use, key, driver))
    .sort((one, other) => other.bytes - one.bytes);
  const known = users.reduce((sum, { bytes }) => sum + bytes, 0);
  const isKnown = totalBytes !== null && freeBytes !== null;
  return {
    key,
    name: gpu?.name ?? first?.name ?? key,
    isPractice: first?.kind === 'practice',
    ...{ totalBytes, freeBytes, freeAgeMs, users },
    otherBytes: isKnown ? Math.max(0, totalBytes - freeBytes - known) : null
  };
}

function freeOf(
  uses: readonly IUse[],
  gpu: IDriverGpu | null
): Pick<IGpuOverview, 'freeBytes' | 'freeAgeMs'> {
  if (gpu && gpu.totalBytes !== null && gpu.usedBytes !== null) {
    const freeBytes = Math.max(0, gpu.totalBytes - gpu.usedBytes);
    return { freeBytes, freeAgeMs: null };
  }
  // The latest look is the truest.
  const [latest] = uses
    .filter(({ device }) => device !== null)
    .sort((one, other) => (one.row.ageMs ?? 0) - (other.row.ageMs ?? 0));
  return {
    freeBytes: latest?.device?.freeBytes ?? null,
    freeAgeMs: latest ? pastMs(latest.row) : null
  };
}

/** What the driver says is of now; what a kernel said is as old as its row. */
function userOf(
  { row, device }: IUse,
  key: string,
  { uses }: IDriverAnswer
): IGpuUser {
  const { path } = row.notebook;
  const use = uses.find(({ pid, uuid }) => pid === row.pid && uuid === key);
  const told = use?.usedBytes ?? null;
  return told === null
    ? {
        path,
        bytes: device?.processBytes ?? device?.reservedBytes ?? 0,
        ageMs: pastMs(row)
      }
    : { path, bytes: told, ageMs: null };
}

function pastMs({ problem, ageMs }: INotebookReading): number | null {
  return problem === null ? null : ageMs;
}
