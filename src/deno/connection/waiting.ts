/** Wait for `signal`, but not longer than `timeoutMs`. */
export async function wait(
  signal: AbortSignal | null,
  timeoutMs: number
): Promise<void> {
  if (signal?.aborted === true) {
    return;
  }
  await new Promise<void>(resolve => {
    const finish = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    signal?.addEventListener('abort', finish);
  });
}
