import type { IReleasePreview, ReleaseGroup } from '../core/wire/generated';
import { decodeReleasePreview } from '../core/wire/generated';
import type { IQuestion } from './query';

/** Ask what releasing these holders, and these groups of them, would do now. */
export function previewQuestion(
  names: readonly string[],
  groups: readonly ReleaseGroup[]
): IQuestion<IReleasePreview> {
  return {
    request: { op: 'release_preview', names, groups },
    read: decodeReleasePreview
  };
}
