import type { IReleasePreview } from '../core/wire/release';
import { parseReleasePreview } from '../core/wire/release';
import type { IQuestion } from './query';
import type { ReleaseGroup } from './request';

/** Ask what releasing these holders, and these groups of them, would do now. */
export function previewQuestion(
  names: readonly string[],
  groups: readonly ReleaseGroup[]
): IQuestion<IReleasePreview> {
  return {
    request: { op: 'release_preview', names, groups },
    read: parseReleasePreview
  };
}
