import type { IOomHolder } from '../core/oom';
import type { IQuestion } from './question';

/** Holders of less than this are no help against an out-of-memory error. */
const MIN_BYTES = 2 ** 20;
const MAX_HOLDERS = 64;

/** What holds the kernel's device memory, biggest first. */
export const HOLDERS: IQuestion<IOomHolder[]> = {
  request: { op: 'holders', min_bytes: MIN_BYTES },
  read: answer =>
    answer.key('holders').listOrEmpty(MAX_HOLDERS, holder => ({
      name: holder.key('name').text(256),
      kind: holder.key('kind').text(64),
      bytes: holder.key('bytes').whole(),
      release: holder.key('release').textOrNull(2000)
    }))
};

/** The settings of the kernel's allocator; empty where it has none. */
export const ALLOCATOR_SETTINGS: IQuestion<string> = {
  request: { op: 'failure' },
  read: answer => answer.key('allocator_settings').textOrNull(1000) ?? ''
};
