import type { Field } from './decode';
import { LIMITS } from './limits';

/** What a release would do at the moment of the question, as the kernel says it. */
export interface IReleasePreview {
  /** Names this preview in the request that releases just that. */
  readonly token: string;
  /** Who would let go. */
  readonly names: readonly string[];
  /** The lines of Python that do the same. */
  readonly code: readonly string[];
  /** What else comes with it, a sentence each. */
  readonly notes: readonly string[];
  /** Of what was asked for: who holds no device memory now. */
  readonly missing: readonly string[];
  /** Of what was asked for: who can't be made to let go. */
  readonly stuck: readonly string[];
  readonly devices: readonly IFreedDevice[];
  /** Who else holds what stays, the largest first. */
  readonly keptBy: readonly string[];
  /** False where the time was up first: then the figures are not certain. */
  readonly isComplete: boolean;
  /** Whether it could be told that nothing else holds what is freed. */
  readonly isChecked: boolean;
}

/** What one device gets back, each byte once, whoever shares it. */
export interface IFreedDevice {
  readonly id: string;
  /** Held by those who would let go, and by nobody else. */
  readonly freesBytes: number;
  /** Held by others, too. */
  readonly staysBytes: number;
  /** Garbage, which is collected along. */
  readonly collectedBytes: number;
}

/** Read what a release would do. */
export function parseReleasePreview(preview: Field): IReleasePreview {
  const names = (key: string): string[] =>
    preview
      .key(key)
      .list(LIMITS.foundHolders, name => name.text(LIMITS.nameLength));
  const texts = (key: string): string[] =>
    preview
      .key(key)
      .list(LIMITS.foundHolders, text => text.text(LIMITS.textLength));
  return {
    token: preview.key('token').text(LIMITS.idLength),
    names: names('names'),
    code: texts('code'),
    notes: texts('notes'),
    missing: names('missing'),
    stuck: names('stuck'),
    devices: preview.key('devices').list(LIMITS.devices, parseFreed),
    keptBy: names('kept_by'),
    isComplete: preview.key('is_complete').flag(),
    isChecked: preview.key('is_checked').flag()
  };
}

function parseFreed(device: Field): IFreedDevice {
  return {
    id: device.key('id').text(LIMITS.idLength),
    freesBytes: device.key('frees_bytes').whole(),
    staysBytes: device.key('stays_bytes').whole(),
    collectedBytes: device.key('collected_bytes').whole()
  };
}
