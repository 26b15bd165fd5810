import { deviceName } from '../text/devicename';
import { balance, deviceOf, roomierDevice } from './cause/balance';
import type { IEvidence } from './cause/diagnose';
import { diagnose } from './cause/diagnose';
import type {
  IOomContext,
  IOomHolder,
  IOutOfMemory
} from './answer/explanation';
import type { IOomText } from './match/normalize';
import { normalize } from './match/normalize';
import { mentions } from './match/mention';
import { chunksOf, OVERLAP_LENGTH } from './match/chunks';
import type { IFound } from './read/read';
import { readFacts } from './read/read';
import { ambiguousErrorOf } from './cause/ambiguous';
import { hasGivenBack, isRaisedByTorch, spareCache } from './read/torchstatus';
import type { ISetting } from './cause/setting';
import { remediesFor } from './answer/remedies';
import type { IWordValues } from './answer/wordvalues';
import { evidenceFor, sentenceFor } from './answer/words';
import type { IDeviceReading, IReading } from '../wire/generated';
import { english } from '../text/translation';

export type * from './answer/explanation';
export type * from './match/facts';

/** Kinds of holders that a person does not see among the variables. */
const FORGOTTEN = ['output', 'display', 'traceback', 'frame', 'cycle'];

/**
 * Explain the last out-of-memory error in `text`; null where there is none.
 *
 * `text` may be anything: an error, a traceback, a whole log of megabytes,
 * broken into lines anywhere, colored, or escaped. It takes time in proportion
 * to its length. Never throws.
 *
 * @param reading - what the kernel says now, if the error is from that kernel
 */
export function explainOutOfMemory(
  text: string,
  reading?: IReading,
  context: IOomContext = {}
): IOutOfMemory | null {
  const { ready, found } = lastMessage(text, reading);
  if (found === null) {
    return null;
  }
  const device =
    found.facts.backend === 'host' ? null : deviceOf(found.facts, reading);
  const told = toldOf({ found, ready, device }, reading, context);
  const { holders, hasTorchGivenBack, isTorchs } = told;
  const liveNow = isTorchs ? (device?.allocatedBytes ?? null) : null;
  const verdict = diagnose(
    told.balance,
    evidenceOf(found, ready, holders, liveNow)
  );
  return {
    ...found.facts,
    ...verdict,
    ...(found.isSuspect && { confidence: 'low' as const }),
    ...{ isTorchs, hasTorchGivenBack },
    sentence: onDevice(device, reading, sentenceFor(verdict.cause, told), told),
    evidence: evidenceFor(told),
    remedies: remediesFor(verdict.cause, told, settingOf(found, ready, context))
  };
}

/** A message, and the device that it is about, if that can be told. */
interface IMessageOn {
  readonly found: IFound;
  readonly ready: IOomText;
  readonly device: IDeviceReading | null;
}

/** What the words are made of: a reading is PyTorch's, and explains PyTorch's errors only. */
function toldOf(
  { found, ready, device }: IMessageOn,
  reading: IReading | undefined,
  { holders = [], isPast = false, trans = english }: IOomContext
): IWordValues {
  const { facts, isSuspect } = found;
  const isTorchs = isRaisedByTorch(found, ready);
  const now = isTorchs ? device : null;
  return {
    ...{ facts, isSuspect, isTorchs, trans },
    balance: balance(facts, now),
    holders: isTorchs && !isPast ? holdersOn(now, holders) : [],
    roomier: isPast ? null : roomierDevice(now, facts, reading),
    hasTorchGivenBack: hasGivenBack(found, reading),
    spareCache: isTorchs || isPast ? null : spareCache(device, facts)
  };
}

/** What holds memory of `device`, and how much of it: on another it does no harm. */
function holdersOn(
  device: IDeviceReading | null,
  holders: readonly IOomHolder[]
): IOomHolder[] {
  return holders
    .map(holder => {
      const share = holder.devices?.find(({ id }) => id === device?.id);
      const isKnown = device !== null && holder.devices !== undefined;
      return isKnown ? { ...holder, bytes: share?.bytes ?? 0 } : holder;
    })
    .filter(({ bytes }) => bytes > 0);
}

/** The sentence, and which device it is about where there are several. */
function onDevice(
  device: IDeviceReading | null,
  reading: IReading | undefined,
  sentence: string,
  { trans }: IWordValues
): string {
  return device !== null && (reading?.devices.length ?? 0) > 1
    ? trans.__('On %1. %2', deviceName(device, trans), sentence)
    : sentence;
}

interface IMessage {
  readonly ready: IOomText;
  readonly found: IFound | null;
}

/** The last message, looked for from the end of the text. */
function lastMessage(text: string, reading: IReading | undefined): IMessage {
  let cut: IMessage | null = null;
  let other: IMessage = { ready: normalize(''), found: null };
  for (const { ready, start } of chunksOf(text)) {
    const isMentioned = mentions(ready.compact);
    const found = isMentioned ? readFacts(ready) : null;
    const isWhole =
      start === 0 || (found?.match.start ?? 0) > OVERLAP_LENGTH / 4;
    if (found && (isWhole || cut)) {
      return { ready, found };
    }
    if (cut) {
      return cut;
    }
    // Near its beginning a chunk may have cut it: the next one has all of it.
    cut = found && { ready, found };
    if (isMentioned && other.found === null) {
      other = { ready, found: ambiguousErrorOf(ready, reading) };
    }
  }
  return other;
}

/** The traceback that led to the message, without spaces. */
function tracebackOf({ match }: IFound, { compact }: IOomText): string {
  const before = compact.slice(Math.max(0, match.start - 6000), match.start);
  const begin = before.lastIndexOf('traceback(mostrecentcalllast)');
  return begin < 0 ? '' : before.slice(begin);
}

function evidenceOf(
  found: IFound,
  ready: IOomText,
  holders: readonly IOomHolder[],
  liveNow: number | null
): IEvidence {
  const { backend, requestedBytes } = found.facts;
  // Where an allocator speaks with figures, it was its memory that was short.
  const calls =
    backend === 'cuda-driver' && requestedBytes === null
      ? tracebackOf(found, ready)
      : '';
  return {
    shapeCause: found.match.cause,
    isPinning: /pin_memory|cudahostalloc|cudahostregister/.test(calls),
    isStarting: /_cuda_init\(|_lazy_init|cuctxcreate|_cuda_setdevice/.test(
      calls
    ),
    isStartup: found.match.groups.bare !== undefined,
    liveNow,
    forgotten: holders
      .filter(({ kind }) => FORGOTTEN.includes(kind))
      .reduce((sum, { bytes }) => sum + bytes, 0)
  };
}

/** Settings that were put into a command or a cell, and not only advised. */
const APPLIED =
  /(trysetting)?(?:pytorch_\w*alloc_conf["'\]]*=["']?|_set_allocator_settings\(["'])((?:[a-z_]+:[\w.]+,?)+)/g;

/** How vLLM says how long a context may be. */
const FITTING = 'estimatedmaximummodellengthis';

function settingOf(
  found: IFound,
  { compact, gaps, plain }: IOomText,
  context: IOomContext
): ISetting {
  const lineOf = (start: number, value: string): string => {
    const end = gaps.lineIn(start, start + value.length);
    return end < 0 ? value : compact.slice(start, end);
  };
  const written = [...compact.matchAll(APPLIED)]
    .filter(([, advised]) => advised === undefined)
    .map(({ 0: all, 2: settings = '', index }) =>
      lineOf(index + all.length - settings.length, settings)
    );
  const from = Math.max(0, found.match.start - 6000);
  const near = compact.slice(from, found.match.end + 3000);
  const fitting = new RegExp(`${FITTING}(\\d+)`).exec(near);
  const variable = /trysetting(pytorch_\w*alloc_conf)=/.exec(near)?.[1];
  return {
    applied: (context.allocatorSettings ?? written.pop() ?? '').toLowerCase(),
    variable: (variable ?? 'pytorch_cuda_alloc_conf').toUpperCase(),
    isWindows:
      /file"[a-z]:\\|[a-z]:\\\w+\\/.test(near) || plain.includes('winerror'),
    isLive: context.isLive ?? false,
    fittingTokens:
      fitting && lineOf(from + fitting.index + FITTING.length, fitting[1] ?? '')
  };
}
