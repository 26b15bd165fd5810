import type { IRefusal, Reason } from './decode';
import { Field } from './decode';
import { LIMITS } from './limits';
import { parseClear, parseLeak, parseRecord, parseRunning } from './parsecell';
import { parseReading } from './parsereading';
import { parseSurvey } from './parsesurvey';
import type { IAgentMessage } from './reading';
import { SCHEMA_VERSION } from './reading';

const KINDS = [
  'push',
  'attached',
  'cleared',
  'done',
  'answered',
  'refused'
] as const;

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
  return {
    kind: message.key('kind').oneOf(KINDS),
    boot: message.key('boot').text(LIMITS.idLength),
    sequence: message.key('sequence').whole(),
    agentVersion: message.key('agent_version').text(LIMITS.idLength),
    reading: parseReading(message.key('reading')),
    running: message.key('running').orNull(parseRunning),
    finished: message.key('finished').orNull(parseRecord),
    leaks: message.key('leaks').listOrEmpty(LIMITS.leaks, parseLeak),
    survey: message.key('processes').orNull(parseSurvey),
    records: message.key('records').latestOrEmpty(LIMITS.records, parseRecord),
    clear: message.key('clear').orNull(parseClear),
    reason: message.key('reason').textOrNull(LIMITS.textLength),
    lapsed: message
      .key('lapsed')
      .listOrEmpty(LIMITS.viewers, each => each.text(LIMITS.idLength))
  };
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
