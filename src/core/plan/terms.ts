import type { ITranslate } from '../text/translation';
import { GIB, MIB } from '../text/units';
import type { IFitPlan } from './fit';

/** What a term of a plan is. */
export type TermKind =
  | 'weights'
  | 'cache'
  | 'activations'
  /** Buffers of the libraries: cuBLAS's workspace. */
  | 'libraries'
  | 'peak'
  /** Reserved by the allocator, and never in use at once. */
  | 'unused'
  | 'context'
  | 'driver'
  /** Weights that are not on the GPU. */
  | 'host';

/** One term of a plan, in its place. */
export interface ITerm {
  readonly kind: TermKind;
  readonly bytes: number;
  /** The figure to show: those of addends make that of their sum. */
  readonly text: string;
  /** `sum`: of all that stands above it since the start. `beside`: in no sum. */
  readonly role: 'addend' | 'sum' | 'beside';
}

/**
 * The terms of `plan`, in an order in which they add up: what the runtime peaks
 * at, then what the driver says. All are in one unit, rounded so that what is
 * shown adds up, too.
 */
export function termsOf(plan: IFitPlan): ITerm[] {
  const peak = plan.peakBytes.likely;
  const driver = plan.driverBytes.likely;
  const onGpu = onGpuWeightsBytes(plan);
  const parts: Part[] = [
    ['weights', onGpu],
    ['cache', plan.kvCacheBytes],
    ['activations', plan.activationBytes],
    ['libraries', plan.runtimeBytes]
  ];
  const more: Part[] = [
    ['unused', driver - peak - plan.contextBytes],
    ['context', plan.contextBytes]
  ];
  const unit = unitOf(driver);
  const whole = Math.round(driver / unit.bytes);
  const [peakUnits = 0, ...moreUnits] = apportioned(
    [['peak', peak], ...more],
    whole
  );
  const partUnits = apportioned(parts, peakUnits);
  const term = (
    [kind, bytes]: Part,
    units: number | undefined,
    role: ITerm['role']
  ): ITerm => ({ kind, bytes, text: unit.words(units ?? 0), role });
  const host = plan.weightsBytes - onGpu;
  return [
    ...parts.map((part, at) => term(part, partUnits[at], 'addend')),
    term(['peak', peak], peakUnits, 'sum'),
    ...more.map((part, at) => term(part, moreUnits[at], 'addend')),
    term(['driver', driver], whole, 'sum'),
    term(['host', host], Math.round(host / unit.bytes), 'beside')
  ].filter(({ role, bytes }) => role === 'sum' || bytes > 0);
}

/** The weights but for what llama.cpp leaves in the computer's memory: the input embedding. */
export function onGpuWeightsBytes(plan: IFitPlan): number {
  return plan.runtime === 'transformers'
    ? plan.weightsBytes
    : plan.peakBytes.likely - plan.kvCacheBytes - plan.activationBytes;
}

/** What a term is called. */
export function termWords(
  { kind }: ITerm,
  { runtime }: IFitPlan,
  trans: ITranslate
): string {
  switch (kind) {
    case 'weights':
      return trans.__('Weights');
    case 'cache':
      return trans.__('Keys and values');
    case 'activations':
      return trans.__('Activations');
    case 'libraries':
      return trans.__('Libraries’ buffers');
    case 'peak':
      return runtime === 'transformers'
        ? trans.__('PyTorch’s peak')
        : trans.__('llama.cpp’s buffers');
    case 'unused':
      return trans.__('Reserved besides');
    case 'context':
      return trans.__('CUDA context');
    case 'driver':
      return trans.__('nvidia-smi will say');
    case 'host':
      return trans.__('Not on the GPU: the input embedding');
  }
}

type Part = readonly [TermKind, number];

/** The unit for a sum of `bytes`: hundredths of a GiB, or MiB where that is little. */
function unitOf(bytes: number): {
  readonly bytes: number;
  readonly words: (units: number) => string;
} {
  return bytes < GIB
    ? { bytes: MIB, words: units => `${units} MiB` }
    : { bytes: GIB / 100, words: units => `${(units / 100).toFixed(2)} GiB` };
}

/** `whole` units shared out as the parts are; those cut off most get what rounding leaves. */
function apportioned(parts: readonly Part[], whole: number): number[] {
  const sum = parts.reduce((all, [, bytes]) => all + bytes, 0);
  const exact = parts.map(([, bytes]) => (whole * bytes) / Math.max(1, sum));
  const units = exact.map(Math.floor);
  const left = whole - units.reduce((all, each) => all + each, 0);
  exact
    .map((each, at) => [each - Math.floor(each), at] as const)
    .sort(([a], [b]) => b - a)
    .slice(0, left)
    .forEach(([, at]) => (units[at] = (units[at] ?? 0) + 1));
  return units;
}
