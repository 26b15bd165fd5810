import type { IGgufHeader } from './gguf';
import { parseGguf } from './gguf';
import { joinGguf } from './ggufparts';
import { ggufShape } from './ggufshape';
import type { IModelFile } from '../../wire/generated';
import { parsed, plannableOfText } from './modelfile';
import type { IPlannable } from '../model/published';
import { safetensorsShape, safetensorsTable } from './safetensors';
import { PlanError } from '../model/shape';

/**
 * What to plan for, from what a kernel found.
 *
 * @throws PlanError when it can't be planned for.
 */
export function plannableOfFile(file: IModelFile): IPlannable {
  switch (file.kind) {
    case 'config':
      return plannableOfText(file.text ?? '', file.weightsBytes);
    case 'gguf':
      return {
        shape: ggufShape(joinGguf(partsOf(file.data, file).map(headerOf))),
        native: null
      };
    case 'safetensors':
      return {
        shape: safetensorsShape(
          partsOf(file.text, file).flatMap(text =>
            safetensorsTable(parsed(text))
          )
        ),
        native: null
      };
  }
}

/** What all files of a model say. */
function partsOf(first: string | null, { path, more }: IModelFile): string[] {
  const parts = [first ?? '', ...more];
  const count = Number(/-of-(\d{5})\.safetensors$/i.exec(path)?.[1] ?? 1);
  if (parts.length < count) {
    throw new PlanError(trans =>
      trans.__(
        'The model is split over %1 files, of which %2 were read: give the folder with its config.json.',
        count,
        parts.length
      )
    );
  }
  return parts;
}

function headerOf(data: string): IGgufHeader {
  return parseGguf(bytesOf(data));
}

function bytesOf(data: string): Uint8Array {
  try {
    return Uint8Array.from(atob(data), each => each.charCodeAt(0));
  } catch {
    throw new PlanError(trans =>
      trans.__('The header of the GGUF file is incomplete.')
    );
  }
}
