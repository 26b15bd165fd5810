import type { IHoldings } from '../core/wire/generated';
import { SMALLEST_HOLDER_BYTES, decodeHoldings } from '../core/wire/generated';
import type { IQuery } from './query';

/** Asks what holds the memory. */
export const HOLDERS: IQuery<IHoldings> = {
  request: { op: 'holders', min_bytes: SMALLEST_HOLDER_BYTES },
  read: decodeHoldings
};
