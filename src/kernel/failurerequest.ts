import type { IQuestion } from './query';

/** The settings of the kernel's allocator; empty where it has none. */
export const ALLOCATOR_SETTINGS: IQuestion<string> = {
  request: { op: 'failure' },
  read: answer => answer.key('allocator_settings').textOrNull(1000) ?? ''
};
