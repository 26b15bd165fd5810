import type { IDeviceReading, IReading } from '../../wire/generated';
import type { IOomFacts } from '../match/facts';
import type { IOomText } from '../match/normalize';
import type { IFound } from './read';

/** What PyTorch writes before the status of a library that it called. */
const CALLED = /(?:cuda|hip|cudnn|miopen|cu(?:solver|sparse|fft|rand))error:?$/;
/** The longest of them, and a bit of the match itself. */
const CALLED_LENGTH = 16;
/** The least share of what is missing that is worth a word. */
const WORTH_SHARE = 0.02;

/**
 * Whether PyTorch itself failed, by the words of the message.
 *
 * Only then do its figures tell why: PyTorch gives its cache back when PyTorch
 * fails, not when another library does.
 */
export function isRaisedByTorch(
  { facts, match }: IFound,
  { compact }: IOomText
): boolean {
  if (facts.backend !== match.backend) {
    return false;
  }
  const before = compact.slice(
    Math.max(0, match.start - CALLED_LENGTH),
    match.start
  );
  return match.origin !== undefined || CALLED.test(before);
}

/** Whether PyTorch's allocator spoke, and so had given back whatever was wholly unused. */
export function hasGivenBack(
  { match }: IFound,
  reading: IReading | undefined
): boolean {
  // While a graph is captured it gives nothing back.
  return match.origin === 'allocator' && reading?.capturing !== true;
}

/** What PyTorch's cache on `device` could give to another library; null where it is next to nothing. */
export function spareCache(
  device: IDeviceReading | null,
  { requestedBytes }: IOomFacts
): number | null {
  if (device === null) {
    return null;
  }
  const { reservedBytes, allocatedBytes, pinnedBytes, totalBytes } = device;
  const spare = reservedBytes - allocatedBytes - (pinnedBytes ?? 0);
  const least = WORTH_SHARE * (requestedBytes ?? totalBytes ?? 0);
  return spare > 0 && spare >= least ? spare : null;
}
