import type {
  Backend,
  FigureName,
  IOomFigures,
  IOomFacts,
  IProcessUse
} from '../match/facts';
import { NO_FIGURES } from '../match/facts';
import type { IOomText } from '../match/normalize';
import type { IMatch } from '../match/match';
import { recognise } from './recognize';
import { GROUPS } from '../match/pattern';
import { bytesOf, SIZE } from '../match/sizes';

const PROCESS = new RegExp(
  `(?:process(\\d{1,10})|thisprocess)has(${SIZE})memoryinuse`,
  'g'
);
/** What a listed process may have beside the allocator, and still be this one: context and libraries. */
const MAX_CONTEXT_BYTES = 3 * 2 ** 30;

/** The share of a figure that is left after it was rounded. */
const EXACT = 0.999;

/** How far around a message the names of programs are looked for. */
const NEIGHBOURHOOD = 4000;

/** Whose message it is, where its own words don't tell: by names nearby. */
export const RENAMED: readonly {
  readonly from: Backend;
  readonly to: Backend;
  readonly where: RegExp;
  readonly unless?: RegExp;
}[] = [
  {
    from: 'llama.cpp',
    to: 'ollama',
    where:
      /source=\w+\.go|ollama(?:_llama_server|runner|\||[\\/](?:llm|ollama\/(?:llama|runner|server)))/
  },
  {
    from: 'jax',
    to: 'tensorflow',
    // Its own copy of XLA, by the name that its build gives it.
    where: /tensorflow|external\/local_xla/,
    unless: /jax/
  },
  {
    from: 'tensorflow',
    to: 'jax',
    where: /jax|external\/xla/,
    unless: /tensorflow/
  },
  { from: 'cuda-driver', to: 'cupy', where: /cupy\.cuda|cupy_backends/ },
  { from: 'cuda-driver', to: 'onnxruntime', where: /onnxruntime/ }
];

/** Bytes of one element, by TensorFlow's names. */
export const ELEMENT_BYTES: Readonly<Record<string, number>> = {
  half: 2,
  bfloat16: 2,
  float: 4,
  double: 8,
  bool: 1,
  complex64: 8,
  complex128: 16
};

/** What a message says, where it stands, and what its shape tells of the cause. */
export interface IFound {
  readonly facts: IOomFacts;
  readonly match: IMatch;
  /** Whether the message says nothing of memory itself. */
  readonly isSuspect: boolean;
}

/** The facts of the last message in `text`; null when none is about memory. */
export function readFacts(text: IOomText): IFound | null {
  const match = recognise(text);
  if (match === null) {
    return null;
  }
  const around = text.compact.slice(
    Math.max(0, match.start - NEIGHBOURHOOD),
    match.end + NEIGHBOURHOOD
  );
  const renamed = RENAMED.find(
    ({ from, where, unless }) =>
      from === match.backend &&
      where.test(around) &&
      unless?.test(around) !== true
  );
  const backend = renamed?.to ?? match.backend;
  const figures = readFigures(match.groups);
  return {
    match,
    isSuspect: match.isBare === true,
    facts: {
      backend,
      device: deviceName(backend, match.groups.device),
      ...figures,
      processes: readProcesses(match.message, figures)
    }
  };
}

function readFigures(groups: Readonly<Record<string, string>>): IOomFigures {
  const figures: Record<FigureName, number | null> = { ...NO_FIGURES };
  for (const [group, name] of Object.entries(GROUPS)) {
    figures[name] = bytesOf(groups[group]);
  }
  if (groups.bare !== undefined) {
    // `19.77/22.05 GiB`: the unit is said once.
    const unit = /[a-z]+$/.exec(groups.capacity ?? '')?.[0] ?? '';
    figures.freeBytes = bytesOf(groups.bare + unit);
  }
  if (groups.shape !== undefined) {
    figures.requestedBytes = tensorBytes(groups.shape, groups.type);
  }
  return figures;
}

/** The bytes of a tensor, such as of shape `128,3,8` and type `float`. */
function tensorBytes(shape: string, type = ''): number | null {
  const bits = /^u?int(\d+)$/.exec(type)?.[1];
  const element = bits === undefined ? ELEMENT_BYTES[type] : Number(bits) / 8;
  if (element === undefined) {
    return null;
  }
  const bytes = shape
    .split(',')
    .filter(size => size !== '')
    .reduce((product, size) => product * Number(size), element);
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : null;
}

function deviceName(backend: Backend, index?: string): string | null {
  if (backend === 'mps') {
    return 'mps';
  }
  if (index === undefined || index === '' || backend === 'host') {
    return null;
  }
  return `${backend === 'xpu' || backend === 'npu' ? backend : 'cuda'}:${Number(index)}`;
}

function readProcesses(message: string, figures: IOomFigures): IProcessUse[] {
  const found: IProcessUse[] = [];
  const least = EXACT * ownBytesOf(figures);
  for (const [, pid, size] of message.matchAll(PROCESS)) {
    const bytes = bytesOf(size);
    // Where a driver can't tell, as in containers and on WSL, it may say 0 bytes.
    const isKnown = pid !== undefined || (bytes ?? 0) >= least;
    if (bytes !== null && isKnown) {
      found.push({
        pid: pid === undefined ? null : Number(pid),
        bytes,
        isSelf: pid === undefined
      });
    }
  }
  return found.some(each => each.isSelf) ? found : withSelf(found, figures);
}

/**
 * In a container the failed process is listed by its number on the host, like any other.
 *
 * It is one of those listed if, were it not, more would be in use than is; and
 * of those it is the one that has little more than the allocator reserved.
 */
function withSelf(
  processes: readonly IProcessUse[],
  figures: IOomFigures
): IProcessUse[] {
  const { allocatedBytes, capacityBytes, freeBytes } = figures;
  if (allocatedBytes === null || capacityBytes === null || freeBytes === null) {
    return [...processes];
  }
  const ownBytes = ownBytesOf(figures);
  const listedBytes = processes.reduce((sum, { bytes }) => sum + bytes, 0);
  const missingBytes = capacityBytes - freeBytes - listedBytes;
  const [nearest] = processes
    .filter(
      ({ bytes }) =>
        bytes >= ownBytes * EXACT && bytes - ownBytes <= MAX_CONTEXT_BYTES
    )
    .sort((one, other) => one.bytes - other.bytes);
  return missingBytes >= ownBytes * EXACT && ownBytes > 0
    ? [...processes]
    : processes.map(each =>
        each === nearest ? { ...each, isSelf: true } : each
      );
}

/** What this process has at least: all that its allocator took. */
function ownBytesOf(figures: IOomFigures): number {
  return (figures.allocatedBytes ?? 0) + (figures.unallocatedBytes ?? 0);
}
