import { english } from '../../core/text/translation';
import type { IRefusal } from '../../core/wire/decode';
import { Field } from '../../core/wire/decode';
import { RoomError } from './errors';

/**
 * What `parse` reads out of a value that came from outside.
 *
 * @throws RoomError `strange-answer` with what was wrong
 */
export function read<T>(value: unknown, parse: (field: Field) => T): T {
  const refusal: IRefusal = { reason: null };
  try {
    return parse(new Field(value, '', refusal));
  } catch {
    throw new RoomError(
      'strange-answer',
      refusal.reason?.(english) ?? 'An answer could not be read.'
    );
  }
}
