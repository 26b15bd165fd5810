import { decodeFailureFacts } from '../core/wire/generated';
import type { IQuery } from './query';

/** The settings of the kernel's allocator; empty where it has none. */
export const ALLOCATOR_SETTINGS: IQuery<string> = {
  request: { op: 'failure' },
  read: answer => decodeFailureFacts(answer).allocatorSettings ?? ''
};
