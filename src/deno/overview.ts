import type { IDeviceReading } from '../core/reading';
import type { IDriverAnswer, IDriverGpu } from './nvidia';
import type { IGpuOverview, INotebookReading } from './rows';

interface IUse {
  readonly row: INotebookReading;
  readonly device: IDeviceReading;
}

/** All GPUs that a kernel or the driver tells of. */
export function gpusOf(
  rows: readonly INotebookReading[],
  driver: IDriverAnswer
): IGpuOverview[] {
  const uses = new Map<string, IUse[]>();
  for (const row of rows) {
    for (const device of row.reading?.devices ?? []) {
      const key = keyOf(row, device);
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
  const first = uses[0]?.device;
  const totalBytes = gpu?.totalBytes ?? first?.totalBytes ?? null;
  const freeBytes = freeOf(uses, gpu);
  const users = uses
    .map(use => ({ path: use.row.notebook.path, bytes: heldBy(use, driver) }))
    .sort((one, other) => other.bytes - one.bytes);
  const known = users.reduce((sum, { bytes }) => sum + bytes, 0);
  const isKnown = totalBytes !== null && freeBytes !== null;
  return {
    key,
    name: gpu?.name ?? first?.name ?? key,
    isPractice: first?.kind === 'practice',
    totalBytes,
    freeBytes,
    users,
    otherBytes: isKnown ? Math.max(0, totalBytes - freeBytes - known) : null
  };
}

function freeOf(uses: readonly IUse[], gpu: IDriverGpu | null): number | null {
  if (gpu && gpu.totalBytes !== null && gpu.usedBytes !== null) {
    return Math.max(0, gpu.totalBytes - gpu.usedBytes);
  }
  // The latest look is the truest.
  const [latest] = [...uses].sort(
    (one, other) => (one.row.ageMs ?? 0) - (other.row.ageMs ?? 0)
  );
  return latest?.device.freeBytes ?? null;
}

function heldBy({ row, device }: IUse, { uses }: IDriverAnswer): number {
  const use = uses.find(
    ({ pid, uuid }) => pid === row.pid && uuid === device.uuid
  );
  return use?.usedBytes ?? device.processBytes ?? device.reservedBytes;
}
