import { parseGguf } from './gguf';
import { ggufShape } from './ggufshape';
import type { IModelFile } from './modelfile';
import { parsed, plannableOfText } from './modelfile';
import type { IPlannable } from './published';
import { safetensorsShape, safetensorsTable } from './safetensors';
import { PlanError } from './shape';

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
        shape: ggufShape(parseGguf(bytesOf(file.data ?? ''))),
        native: null
      };
    case 'safetensors':
      return {
        shape: safetensorsShape(safetensorsTable(parsed(file.text ?? ''))),
        native: null
      };
  }
}

function bytesOf(data: string): Uint8Array {
  try {
    return Uint8Array.from(atob(data), each => each.charCodeAt(0));
  } catch {
    throw new PlanError('The header of the GGUF file did not arrive whole.');
  }
}
