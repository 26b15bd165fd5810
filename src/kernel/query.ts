import { TranslatedError } from '../core/text/translation';
import type { Field } from '../core/wire/decode';
import type { AgentRequest } from '../core/wire/generated';

/** Something to ask the agent that it answers with facts of their own. */
export interface IQuery<T> {
  readonly request: AgentRequest;
  /** Reads the facts; a field that makes no sense refuses the whole answer. */
  readonly read: (answer: Field) => T;
}

/** Thrown when the agent did not do what it was asked to do; the message is one plain sentence. */
export class RefusedError extends TranslatedError {}
