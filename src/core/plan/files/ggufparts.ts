import { formatBytes } from '../../text/units';
import type { IGgufHeader } from './gguf';
import { PlanError } from '../model/shape';

/** Parts that are believed at most: `split.count` has 16 bits. */
const MOST_PARTS = 2 ** 16;
/** Numbers that a sentence lists at most. */
const MOST_NAMED = 8;

/**
 * The header of the whole model, from those of the files that it is split over.
 *
 * @throws PlanError when a part is missing or stands twice.
 */
export function joinGguf(headers: readonly IGgufHeader[]): IGgufHeader {
  const [alone] = headers;
  if (alone && headers.length === 1) {
    return alone;
  }
  const byNumber = new Map(headers.map(each => [placeOf(each).number, each]));
  const head = byNumber.get(1) ?? alone;
  const count = head ? placeOf(head).count : 0;
  if (!head || byNumber.size !== headers.length || count !== headers.length) {
    throw partsMissing(count, number => byNumber.has(number));
  }
  const metadata = new Map(head.metadata);
  metadata.delete('split.count');
  return {
    ...head,
    metadata,
    tensors: headers.flatMap(({ tensors }) => tensors)
  };
}

/** @throws PlanError when `header` is one part of several, or holds no model. */
export function refuseNoModel(header: IGgufHeader): void {
  const { number, count } = placeOf(header);
  if (count > 1) {
    throw partsMissing(count, each => each === number);
  }
  const kind = header.metadata.get('general.type');
  if (
    kind === 'mmproj' ||
    header.metadata.get('general.architecture') === 'clip'
  ) {
    const bytes = header.tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
    throw new PlanError(trans =>
      trans.__(
        'This GGUF file is a projector (mmproj) of %1, with which a model sees or hears: it is loaded beside the model. Choose the file of the model itself.',
        formatBytes(bytes)
      )
    );
  }
  if (typeof kind === 'string' && kind !== '' && kind !== 'model') {
    throw new PlanError(trans =>
      trans.__(
        'This GGUF file holds no model: its `general.type` is %1. Choose the file of the model itself.',
        kind
      )
    );
  }
}

/** Which part a header is of, from 1, and of how many. */
function placeOf({ metadata }: IGgufHeader): { number: number; count: number } {
  const whole = (name: string, otherwise: number): number => {
    const value = Number(metadata.get(name) ?? otherwise);
    if (!Number.isInteger(value) || value < 0 || value > MOST_PARTS) {
      throw new PlanError(trans =>
        trans.__('`%1` should be from 0 to %2.', name, MOST_PARTS)
      );
    }
    return value;
  };
  return { number: whole('split.no', 0) + 1, count: whole('split.count', 1) };
}

function partsMissing(
  count: number,
  isThere: (number: number) => boolean
): PlanError {
  const missing = Array.from({ length: count }, (_, at) => at + 1).filter(
    number => !isThere(number)
  );
  const named = missing.slice(0, MOST_NAMED).join(', ');
  const more = missing.length > MOST_NAMED ? ', …' : '';
  return new PlanError(trans =>
    missing.length > 0
      ? trans.__(
          'The model is split over %1 files, and part %2 is missing here: one part alone does not describe the model.',
          count,
          named + more
        )
      : trans.__(
          'The model is split over %1 files, and the parts here do not belong together.',
          count
        )
  );
}
