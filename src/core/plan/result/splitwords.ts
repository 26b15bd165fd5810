import type { ITranslate } from '../../text/translation';
import type { IDevicePlan, ISplitPlan } from './devices';

/** Whether a plan for several GPUs fits, and where it does not. */
export function splitSentence(split: ISplitPlan, trans: ITranslate): string {
  const named = (devices: readonly IDevicePlan[]): string =>
    devices.map(({ index }) => trans.__('GPU %1', index)).join(', ');
  const used = split.devices.filter(({ driverBytes }) => driverBytes.high > 0);
  const bad = split.devices.filter(({ fits }) => !fits);
  switch (split.status) {
    case 'fits':
      return used.length === 1
        ? trans.__('It fits on one of the GPUs: %1.', named(used))
        : trans.__('It fits across %1 GPUs.', used.length);
    case 'tight':
      return trans.__('It may not fit on %1.', named(bad));
    default:
      return bad.length === 0
        ? trans.__('The weights do not fit on these GPUs.')
        : trans.__('It does not fit on %1.', named(bad));
  }
}

/** What one GPU gets, without the figure. */
export function deviceWords(device: IDevicePlan, trans: ITranslate): string {
  const { layers, hasEmbedding, hasHead } = device;
  const last = layers.first + layers.count - 1;
  return [
    ...(hasEmbedding ? [trans.__('embedding')] : []),
    ...(layers.count > 0
      ? [trans.__('layers %1 to %2', layers.first, last)]
      : []),
    ...(hasHead ? [trans.__('output')] : [])
  ].join(', ');
}
