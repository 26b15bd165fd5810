import type { IModelFile } from '../../core/plan';
import { plannableOfFile } from '../../core/plan/files/plannablefile';
import type { IChosen } from './state';
import { chosenOrWhyNot } from './state';

/** The model of a file; loaded once a file is read. */
export function chosenOfFile(file: IModelFile): IChosen {
  const isGguf = file.kind === 'gguf';
  const folder = file.path.replace(/[\\/][^\\/]*\.(json|safetensors)$/, '');
  return chosenOrWhyNot(() => ({
    ...plannableOfFile(file),
    problem: null,
    model: isGguf ? '' : folder,
    gguf: isGguf ? file.path : ''
  }));
}
