import type { ICachedModel, IModelFile } from '../core/wire/generated';
import { decodeCachedModels, decodeModelFile } from '../core/wire/generated';
import type { IQuery } from './query';

/** Asks what is at a path of the kernel's machine: a folder, a config, a GGUF or safetensors file. */
export function modelFileAt(path: string): IQuery<IModelFile> {
  return { request: { op: 'model_file', path }, read: decodeModelFile };
}

/** Asks which models are in the kernel's Hugging Face cache. */
export function cachedModels(): IQuery<readonly ICachedModel[]> {
  return {
    request: { op: 'cached_models' },
    read: answer => decodeCachedModels(answer).models
  };
}
