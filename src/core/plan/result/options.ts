import { GIB, MIB } from '../../text/units';
import type { Runtime } from '../formats/formats';
import { PlanError } from '../model/shape';

/** One GPU to plan for. */
export interface IGpu {
  readonly name: string;
  readonly totalBytes: number;
  /** Free now, by the driver; null where unknown, and then all of it is counted. */
  readonly freeBytes: number | null;
  /** CUDA compute capability, such as 9.0 as `[9, 0]`; null where unknown. */
  readonly computeCapability: readonly [number, number] | null;
}

/** How keys and values are stored. */
export type KvFormat = 'model' | 'q8_0' | 'q4_0' | 'int8' | 'int4' | 'fp8';

/** How attention is computed. */
export type AttentionKind = 'sdpa' | 'flash' | 'eager';

/** What is asked of `planFit`; every field has a default. */
export interface IFitOptions {
  /** A name of `FORMAT_NAMES`; `bf16` by default. */
  readonly format?: string;
  /** Tokens of the prompt and the answer together, 1 to 2^24; 4096 by default. */
  readonly contextTokens?: number;
  /** Sequences at once; 1 by default. */
  readonly batch?: number;
  /** As the activations by default. */
  readonly kvFormat?: KvFormat;
  /** `sdpa` by default. */
  readonly attention?: AttentionKind;
  readonly gpus?: readonly IGpu[];
  /** What should stay free on every GPU; 512 MiB by default. */
  readonly headroomBytes?: number;
  /** llama.cpp for GGUF formats, else transformers. */
  readonly runtime?: Runtime;
}

/** Options without gaps. */
export interface ICheckedOptions {
  readonly format: string;
  readonly contextTokens: number;
  readonly batch: number;
  readonly kvFormat: KvFormat;
  readonly attention: AttentionKind;
  readonly gpus: readonly IGpu[];
  readonly headroomBytes: number;
  readonly runtime: Runtime | undefined;
}

/** The longest context that can be planned for. */
export const MOST_CONTEXT_TOKENS = 2 ** 24;

/** What stays free by default. */
export const HEADROOM_BYTES = 512 * MIB;

const KV_FORMATS: readonly KvFormat[] = [
  'model',
  'q8_0',
  'q4_0',
  'int8',
  'int4',
  'fp8'
];
const ATTENTION: readonly AttentionKind[] = ['sdpa', 'flash', 'eager'];

/**
 * Bytes of an element of the cache.
 *
 * q8_0 and q4_0 are blocks of 32 with a 16-bit scale (llama.cpp); int8 and
 * int4 are transformers' quantized cache, in groups of 64 with scale and zero.
 */
export function kvElementBytes(format: KvFormat, elementBytes: number): number {
  switch (format) {
    case 'model':
      return elementBytes;
    case 'q8_0':
      return 34 / 32;
    case 'q4_0':
      return 18 / 32;
    case 'int8':
      return 1 + 4 / 64;
    case 'int4':
      return 0.5 + 4 / 64;
    case 'fp8':
      return 1;
  }
}

/**
 * `options` with every default filled in.
 *
 * @throws PlanError when a value is impossible; its message names it.
 */
export function checked(options: IFitOptions): ICheckedOptions {
  return {
    format: options.format ?? 'bf16',
    contextTokens: whole(
      'contextTokens',
      options.contextTokens ?? 4096,
      MOST_CONTEXT_TOKENS
    ),
    batch: whole('batch', options.batch ?? 1, 4096),
    kvFormat: oneOf('kvFormat', options.kvFormat ?? 'model', KV_FORMATS),
    attention: oneOf('attention', options.attention ?? 'sdpa', ATTENTION),
    gpus: (options.gpus ?? []).map(checkedGpu),
    headroomBytes: size(
      'headroomBytes',
      options.headroomBytes ?? HEADROOM_BYTES
    ),
    runtime: options.runtime
  };
}

function checkedGpu(gpu: IGpu): IGpu {
  const totalBytes = size('totalBytes', gpu.totalBytes);
  return {
    ...gpu,
    totalBytes,
    // A caller in JavaScript may leave out what it doesn't know.
    freeBytes:
      (gpu.freeBytes ?? null) === null
        ? null
        : Math.min(totalBytes, size('freeBytes', gpu.freeBytes ?? 0)),
    computeCapability: gpu.computeCapability ?? null
  };
}

function whole(name: string, value: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new PlanError(trans =>
      trans.__(
        '`%1` should be a whole number from 1 to %2, but is %3.',
        name,
        most,
        String(value)
      )
    );
  }
  return value;
}

function size(name: string, value: number): number {
  if (!(value >= 0 && value <= 2 ** 20 * GIB)) {
    throw new PlanError(trans =>
      trans.__(
        '`%1` should be a number of bytes, but is %2.',
        name,
        String(value)
      )
    );
  }
  return Math.floor(value);
}

function oneOf<T extends string>(
  name: string,
  value: T,
  options: readonly T[]
): T {
  if (!options.includes(value)) {
    throw new PlanError(trans =>
      trans.__(
        "`%1` should be one of %2, but is '%3'.",
        name,
        options.join(', '),
        String(value).slice(0, 40)
      )
    );
  }
  return value;
}
