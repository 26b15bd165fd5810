import type { IOutOfMemory } from '../../../src/core/oom';
import { explainOutOfMemory } from '../../../src/core/oom';
import type { IReading } from '../../../src/core/wire/generated';
import rows from '../../fixtures/oom.json';
import gpuRows from '../../fixtures/oom_gpu.json';
import { message, parsed } from '../wire';
import { readingOf } from './kernel';
import { FIGURES, HOST, MET, SUSPECTED } from './texts';

/** A text, and what must be read in it. */
export interface ICheck {
  readonly text: string;
  readonly reading?: IReading;
  /** Fields of the explanation, each with the values that are right; null: no such error. */
  readonly wanted: Readonly<Record<string, readonly unknown[]>> | null;
}

/** Whether `check` holds now. */
export function holds({ text, reading, wanted }: ICheck): boolean {
  const found = explainOutOfMemory(text, reading, {
    isLive: reading !== undefined
  });
  return wanted === null
    ? found === null
    : found !== null &&
        Object.entries(wanted).every(([key, values]) =>
          values.some(
            value =>
              JSON.stringify(value) ===
              JSON.stringify(found[key as keyof IOutOfMemory])
          )
        );
}

function each(
  wanted: Readonly<Record<string, unknown>>
): Record<string, readonly unknown[]> {
  return Object.fromEntries(
    Object.entries(wanted).map(([key, value]) => [key, [value]])
  );
}

/** All texts of which it is known what they say. */
export const CHECKS: readonly ICheck[] = [
  ...rows.map(({ text, expect: wanted }) => ({
    text,
    wanted: wanted && each(wanted)
  })),
  ...gpuRows.map(({ traceback, held, causes }) => ({
    text: traceback,
    reading: parsed(message({}, { reading: held })).reading,
    wanted: { cause: causes }
  })),
  ...MET.map(([backend, text]) => ({ text, wanted: each({ backend }) })),
  ...HOST.map(text => ({ text, wanted: each({ backend: 'host' }) })),
  ...FIGURES.map(([text, wanted]) => ({ text, wanted: each(wanted) })),
  ...SUSPECTED.map(([backend, text]) => ({
    text,
    reading: readingOf({ freeBytes: 1000 }),
    wanted: each({ backend })
  }))
];
