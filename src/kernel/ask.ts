import { TranslatedError } from '../core/text/translation';
import type { IKernelPort, IKernelReply } from './port';
import { isRecord } from './request';

/** Thrown when the kernel gave no answer in time. */
export class NoAnswerError extends TranslatedError {}

/** A silent request must be answered within this time, unless it queues behind a cell. */
const TIMEOUT_MS = 10_000;

/**
 * Send `expression` to be evaluated, over one connection and silently.
 *
 * @throws Error if the kernel or the connection is gone
 */
export function put(connection: IKernelPort, expression: string): IKernelReply {
  return connection.requestExecute({
    code: '',
    silent: true,
    store_history: false,
    stop_on_error: false,
    allow_stdin: false,
    user_expressions: { answer: expression }
  });
}

/**
 * The entry of `user_expressions` that answers a question; null if the kernel
 * refused it. The question is disposed of then.
 *
 * @throws NoAnswerError if no answer came in time
 * @throws Error if the kernel or the connection goes away
 */
export async function answerTo(question: IKernelReply): Promise<unknown> {
  try {
    const { content } = await withinTime(question.done);
    const { status, user_expressions: answers } = content;
    return status === 'ok' && isRecord(answers) ? answers.answer : null;
  } finally {
    question.dispose();
  }
}

/** @throws NoAnswerError if `promise` takes longer than a request may take */
export async function withinTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(
          new NoAnswerError(trans =>
            trans.__('The kernel gave no answer in time')
          )
        ),
      TIMEOUT_MS
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
