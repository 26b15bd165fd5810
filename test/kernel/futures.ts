import { vi } from 'vitest';

import type { FakeFuture } from './connection';

/** A kernel's reply to a question that went well. */
export const OK = {
  status: 'ok',
  user_expressions: { answer: { status: 'ok' } }
};

/** Longer than a channel waits for a busy kernel. */
export const PATIENCE_MS = 300;
export const TIMEOUT_MS = 10_000;

/** Let a channel lose its patience with a busy kernel. */
export async function losePatience(): Promise<void> {
  await vi.advanceTimersByTimeAsync(PATIENCE_MS);
}

/** The latest of what was asked. */
export function last(futures: readonly FakeFuture[]): FakeFuture {
  const future = futures[futures.length - 1];
  if (!future) {
    throw new Error('Nothing was asked');
  }
  return future;
}

/** What a promise came to, or why it failed. */
export async function settled(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((reason: unknown) => reason);
}
