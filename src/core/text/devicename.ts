import type { IDeviceReading, IGpu } from '../wire/generated';
import type { ITranslate } from './translation';

/** What tells the numbers of a device. */
export type INumbered = Pick<
  IDeviceReading,
  'id' | 'index' | 'driverIndex' | 'driverSlice'
>;

/**
 * A device by torch's name, and by the number in `nvidia-smi` where that is
 * another, as in `cuda:0 (GPU 1 in nvidia-smi)`.
 *
 * The two count differently where `CUDA_VISIBLE_DEVICES` is set, where cards of
 * several speeds are mixed, and where a GPU is cut in MIG slices.
 */
export function deviceName(device: INumbered, trans: ITranslate): string {
  const { id, driverIndex, driverSlice } = device;
  if (driverIndex === null || !isCountedOtherwise(device)) {
    return id;
  }
  return driverSlice === null
    ? trans.__('%1 (GPU %2 in nvidia-smi)', id, driverIndex)
    : trans.__(
        '%1 (MIG slice %2 of GPU %3 in nvidia-smi)',
        id,
        driverSlice,
        driverIndex
      );
}

/** As `deviceName`, for where there is little room: `cuda:0 (GPU 1)`. */
export function shortDeviceName(device: INumbered, trans: ITranslate): string {
  const { id, driverIndex, driverSlice } = device;
  if (driverIndex === null || !isCountedOtherwise(device)) {
    return id;
  }
  return driverSlice === null
    ? trans.__('%1 (GPU %2)', id, driverIndex)
    : trans.__('%1 (GPU %2, MIG %3)', id, driverIndex, driverSlice);
}

/** As `deviceName`, of the device with this `id`; the `id` alone where it is not known. */
export function deviceNameOf(
  id: string,
  devices: readonly INumbered[],
  trans: ITranslate
): string {
  const device = devices.find(each => each.id === id);
  return device ? deviceName(device, trans) : id;
}

/** A GPU, or a slice of one, by its number in `nvidia-smi`. */
export function gpuName(
  gpu: IGpu,
  gpus: readonly IGpu[],
  trans: ITranslate
): string {
  if (gpu.parentUuid === null) {
    return trans.__('GPU %1', gpu.index);
  }
  const whole = gpus.find(({ uuid }) => uuid === gpu.parentUuid);
  return whole
    ? trans.__('MIG slice %1 of GPU %2', gpu.index, whole.index)
    : trans.__('MIG slice %1', gpu.index);
}

/**
 * The kernel's name for one of the driver's GPUs, where the numbers differ; by UUID.
 *
 * A GPU that is cut in slices is no device of any kernel.
 */
export function nameHere(
  gpu: IGpu,
  gpus: readonly IGpu[],
  devices: readonly IDeviceReading[]
): string | null {
  const uuid = bareUuid(gpu.uuid);
  const device = devices.find(
    each => each.uuid !== null && bareUuid(each.uuid) === uuid
  );
  const isCut = gpus.some(({ parentUuid }) => parentUuid === gpu.uuid);
  if (device?.kind !== 'cuda' || isCut) {
    return null;
  }
  const isSame = gpu.parentUuid === null && device.index === gpu.index;
  return isSame ? null : device.id;
}

function isCountedOtherwise(device: INumbered): boolean {
  return device.driverSlice !== null || device.driverIndex !== device.index;
}

/** A UUID as PyTorch writes it, which marks neither GPUs nor slices. */
function bareUuid(uuid: string): string {
  return uuid.replace(/^(GPU|MIG)-/, '');
}
