import type { IReleasePreview, ReleaseGroup } from '../core/wire/generated';
import { decodeReleasePreview } from '../core/wire/generated';
import type { IQuery } from './query';

/** Ask what releasing these holders, and these groups of them, would do now. */
export function previewQuery(
  names: readonly string[],
  groups: readonly ReleaseGroup[]
): IQuery<IReleasePreview> {
  return {
    request: { op: 'release_preview', names, groups },
    read: decodeReleasePreview
  };
}
