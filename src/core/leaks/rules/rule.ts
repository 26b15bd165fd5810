import type {
  IAgentMessage,
  ICellRecord,
  IDeviceReading
} from '../../wire/generated';
import type { ITranslate } from '../../text/translation';
import type { IThresholds, IWarning } from '../warnings/warning';

/** A finished run, with the devices as they were read when it was reported. */
export interface IFinishedRun {
  readonly record: ICellRecord;
  /** Null when that was not right at its end. */
  readonly devices: readonly IDeviceReading[] | null;
}

/** What all rules of one leak watch share. */
export interface IRuleContext {
  readonly thresholds: IThresholds;
  readonly trans: ITranslate;
  /** The size of a device by its id; null when unknown. */
  totalBytes(deviceId: string): number | null;
}

/** One rule of the leak watch. */
export interface IRule {
  /** Take a finished run. Runs come in order and each of them once. */
  addRun(run: IFinishedRun): void;
  /** Take the latest message, after the runs that it brought. */
  addReading(message: IAgentMessage): void;
  /** What is wrong now. */
  warnings(): IWarning[];
}

/** Once raised, a warning about a share of the device stays until below this part of it. */
export const RELEASE_FRACTION = 0.8;

/** The share of a device that counts, but never less than the leak threshold. */
export function shareBytes(
  fraction: number,
  deviceId: string,
  context: IRuleContext
): number {
  const total = context.totalBytes(deviceId) ?? 0;
  return Math.max(fraction * total, context.thresholds.leakMinBytes);
}

/** The value at `key`, made by `make` and stored where there is none. */
export function ensure<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

/** Forget what belongs to devices that are no longer there. */
export function keepOnly(
  byDevice: Map<string, unknown>,
  devices: readonly IDeviceReading[]
): void {
  const present = new Set(devices.map(device => device.id));
  for (const id of byDevice.keys()) {
    if (!present.has(id)) {
      byDevice.delete(id);
    }
  }
}
