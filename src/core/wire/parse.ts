import type { IRefusal, Reason } from './decode';
import { Field } from './decode';
import type { IAgentMessage } from './generated';
import { SCHEMA_VERSION, decodeAgentMessage } from './generated';

/** A message that can be relied on, or why there is none. */
export type ParsedMessage<T = null> =
  | {
      readonly ok: true;
      readonly message: IAgentMessage;
      /** The facts that a question asked for; null where the message has none. */
      readonly answer: T | null;
    }
  | { readonly ok: false; readonly reason: Reason };

/**
 * Turn what a kernel sent into a message.
 *
 * Never throws, whatever `value` is. A required field that is missing or
 * impossible refuses the message, with a reason that names the field; a figure
 * that may be unknown becomes null instead. Texts are one line, bounded and
 * without control characters; lists are bounded (`LIMITS`). What is read at
 * slightly different moments may contradict itself and is made consistent:
 * reserved is at least allocated, pinned fits between the two, a peak is at
 * least the present value, alive is at most held, and more free than total
 * makes free unknown.
 *
 * @param readAnswer - reads the facts that a question asked for
 */
export function parseMessage<T = null>(
  value: unknown,
  readAnswer?: (answer: Field) => T
): ParsedMessage<T> {
  const refusal: IRefusal = { reason: null };
  try {
    const field = new Field(value, '', refusal);
    const message = readMessage(field);
    const answer =
      readAnswer && message.kind === 'answered'
        ? readAnswer(field.key('answer'))
        : null;
    return { ok: true, message, answer };
  } catch {
    // What was thrown may itself be hostile, and is not looked at.
    const reason =
      refusal.reason ?? (trans => trans.__('The message could not be read.'));
    return { ok: false, reason };
  }
}

function readMessage(message: Field): IAgentMessage {
  checkSchema(message.key('schema'));
  return decodeAgentMessage(message);
}

function checkSchema(schema: Field): void {
  const sent = schema.whole();
  if (sent > SCHEMA_VERSION) {
    schema.refuse(trans =>
      trans.__(
        'This front end is older than the agent in the kernel: it understands wire format %1, the agent sent %2.',
        SCHEMA_VERSION,
        sent
      )
    );
  }
  if (sent < SCHEMA_VERSION) {
    schema.refuse(trans =>
      trans.__(
        'The agent in the kernel is older than this front end: it sent wire format %1, this front end understands %2.',
        sent,
        SCHEMA_VERSION
      )
    );
  }
}
