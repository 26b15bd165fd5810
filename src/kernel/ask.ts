import type { Kernel } from '@jupyterlab/services';

/** Thrown when the kernel gave no answer in time. */
export class NoAnswerError extends Error {}

/** A silent request must be answered within this time, unless it queues behind a cell. */
const TIMEOUT_MS = 10_000;

/**
 * Evaluate `expression` over one connection, silently, and return its entry
 * of `user_expressions`; null if the kernel refused the request.
 *
 * @throws NoAnswerError if no answer came in time
 * @throws Error if the kernel or the connection is gone
 */
export async function ask(
  connection: Kernel.IKernelConnection,
  expression: string
): Promise<unknown> {
  const future = connection.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    stop_on_error: false,
    allow_stdin: false,
    user_expressions: { answer: expression }
  });
  try {
    const { content } = await withinTime(future.done);
    return content.status === 'ok' ? content.user_expressions?.answer : null;
  } finally {
    future.dispose();
  }
}

/** @throws NoAnswerError if `promise` takes longer than a request may take */
export async function withinTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new NoAnswerError('The kernel gave no answer in time')),
      TIMEOUT_MS
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
