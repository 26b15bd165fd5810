import { CELLS } from './cells';
import type { Backend, Cause } from '../match/facts';
import type { IOomHolder, IRemedy } from './explanation';
import type { RemedyId } from './advice';
import { advice } from './advice';
import { formatBytes } from '../../text/units';
import type { ISetting } from '../cause/setting';
import type { IWordValues } from './wordvalues';

/** Holders that a remedy names. */
const MAX_RELEASES = 3;

/** What to do about `cause`, the least effort first; nothing that is done already. */
export function remediesFor(
  cause: Cause,
  told: IWordValues,
  setting: ISetting
): IRemedy[] {
  const texts = advice(told);
  const make = (id: RemedyId): IRemedy => {
    const { text, label, act } = texts[id];
    const code = CELLS[id]?.(told, setting) ?? null;
    return { id, text, label, act: act ?? null, code };
  };
  const releases = told.holders
    .filter(({ release }) => release !== null)
    .slice(0, MAX_RELEASES)
    .map(holder => releaseOf(holder, told));
  return [
    ...(cause === 'not device memory' ? [] : releases),
    ...idsFor(cause, told, setting).map(make)
  ];
}

const MEMORY_IS_OURS: readonly Cause[] = [
  'this notebook still holds it',
  'simply full',
  'fragmentation',
  'CUDA graphs',
  'context or library handle could not be made'
];

/** What does not happen on a device that has room. */
const FITS_ELSEWHERE: readonly Cause[] = [
  ...MEMORY_IS_OURS,
  'another process holds it',
  'request larger than the card',
  'unknown'
];

function idsFor(
  cause: Cause,
  told: IWordValues,
  setting: ISetting
): RemedyId[] {
  const { backend } = told.facts;
  const ids: RemedyId[] = [];
  if (told.spareCache !== null) {
    ids.push('torch-cache');
  }
  if (setting.isLive && MEMORY_IS_OURS.includes(cause)) {
    ids.push('release-tracebacks');
    if (told.isTorchs) {
      ids.push('clear');
    }
  }
  const own = ownIds(backend, cause);
  if (own) {
    return [...ids, ...own];
  }
  const more = torchIds(cause, told, setting);
  return told.roomier && FITS_ELSEWHERE.includes(cause)
    ? [...ids, 'roomier-gpu', ...more.filter(id => id !== 'other-gpu')]
    : [...ids, ...more];
}

/** What is done about programs other than PyTorch. */
const OWN: Readonly<Partial<Record<Backend, readonly RemedyId[]>>> = {
  host: ['check-host', 'load-in-pieces', 'restart'],
  vllm: ['vllm-arguments', 'check-processes'],
  'llama.cpp': ['check-processes', 'llama-arguments'],
  ollama: ['ollama-stop', 'ollama-arguments'],
  'transformers-dispatch': ['check-processes', 'offload-quantised', 'restart'],
  bitsandbytes: ['check-processes', 'offload-quantised', 'restart'],
  jax: ['check-processes', 'jax-preallocation', 'in-pieces'],
  tensorflow: ['check-processes', 'tensorflow-growth', 'in-pieces'],
  onnxruntime: ['check-processes', 'onnx-limit'],
  cupy: ['cupy-pool', 'check-processes', 'in-pieces'],
  numba: ['numba-deallocations', 'check-processes', 'in-pieces'],
  neuron: ['in-pieces', 'lower-precision', 'restart']
};

/** The same, where it was not memory of the device. */
const OWN_HOST: Readonly<Partial<Record<Backend, readonly RemedyId[]>>> = {
  'llama.cpp': ['check-host', 'llama-arguments'],
  ollama: ['check-host', 'ollama-arguments'],
  tensorflow: ['check-host', 'load-in-pieces'],
  numba: ['no-pinning', 'check-host']
};

function ownIds(backend: Backend, cause: Cause): readonly RemedyId[] | null {
  const own = OWN[backend];
  switch (cause) {
    case 'not device memory':
      return OWN_HOST[backend] ?? own ?? null;
    case 'request larger than the card':
      return own?.filter(id => id !== 'check-processes') ?? null;
    case 'another process holds it':
      return own ? [...new Set(['check-processes', ...own] as const)] : null;
    default:
      return own ?? null;
  }
}

function torchIds(
  cause: Cause,
  told: IWordValues,
  setting: ISetting
): RemedyId[] {
  const isCuda = ['cuda', 'hip'].includes(told.facts.backend);
  switch (cause) {
    case 'request larger than the card':
      return ['in-pieces', 'lower-precision', 'offload'];
    case 'another process holds it':
      return ['check-processes', 'other-gpu', 'smaller-batch'];
    case 'fragmentation':
      return [...fragmentationIds(isCuda, setting), 'restart', 'smaller-batch'];
    case 'this notebook still holds it':
      return ['list-tensors', 'smaller-batch', 'restart'];
    case 'simply full':
      return [
        'no-gradients',
        'smaller-batch',
        'lower-precision',
        'checkpointing',
        'offload'
      ];
    case 'memory fraction cap':
      return [...limitIds(told), 'smaller-batch'];
    case 'not device memory':
      return notDeviceIds(told, setting);
    case 'context or library handle could not be made':
      return ['check-processes', 'early-handle', 'restart'];
    case 'CUDA graphs':
      return ['reset-graphs', 'restart'];
    case 'unknown':
      return ['check-memory', 'check-processes', 'smaller-batch', 'restart'];
  }
}

/** The limit is PyTorch's to raise only where it is PyTorch's. */
function limitIds({ facts, isTorchs }: IWordValues): RemedyId[] {
  return facts.backend === 'mps'
    ? ['mps-limit']
    : isTorchs
      ? ['raise-fraction']
      : [];
}

/** A setting that is on already, or that can't be on there, is not advised. */
function fragmentationIds(isCuda: boolean, setting: ISetting): RemedyId[] {
  if (!isCuda) {
    return [];
  }
  const isExpandable = setting.applied.includes('expandable_segments:true');
  if (!setting.isWindows && !isExpandable) {
    return ['expandable-segments'];
  }
  return isExpandable || setting.applied.includes('max_split_size_mb')
    ? ['collect-earlier']
    : ['max-split-size'];
}

function notDeviceIds(
  { facts, balance }: IWordValues,
  setting: ISetting
): RemedyId[] {
  if (balance.allowed !== null || facts.backend === 'mps') {
    return ['in-pieces', 'lower-precision'];
  }
  const ids: RemedyId[] = ['check-host', 'check-processes'];
  if (setting.applied.includes('expandable_segments:true')) {
    ids.push('expandable-off');
  }
  return [
    ...ids,
    ...(setting.isWindows ? (['page-file'] as const) : []),
    'no-pinning',
    'restart'
  ];
}

function releaseOf(holder: IOomHolder, { trans }: IWordValues): IRemedy {
  const name = holder.name.replace(/`/g, "'");
  return {
    id: `release:${holder.name}`,
    text: trans.__(
      '`%1` holds %2: release it.',
      name,
      formatBytes(holder.bytes)
    ),
    label: trans.__('Release'),
    act: null,
    code: holder.release
  };
}
