import type { Field } from '../../wire/decode';
import type { IPlannable } from '../model/published';
import { plannableOf } from '../model/published';
import { parsePythonJson } from './pythonjson';
import { PlanError } from '../model/shape';

/** What a kernel found at a path. */
export interface IModelFile {
  readonly path: string;
  readonly kind: 'config' | 'gguf' | 'safetensors';
  /** JSON, of a config or of a safetensors header. */
  readonly text: string | null;
  /** A GGUF header in base64. */
  readonly data: string | null;
  /** Of a model that is split over several files, the same of the other parts. */
  readonly more: readonly string[];
  /** Bytes of the weight files beside a config. */
  readonly weightsBytes: number | null;
}

/** A model in the kernel's Hugging Face cache. */
export interface ICachedModel {
  readonly name: string;
  readonly path: string;
}

const PATH_LENGTH = 4096;
const MAX_CACHED = 200;
const MAX_PARTS = 1000;
/** As the agent reads of a config. */
const MAX_JSON = 2 ** 24;
/** A header of 4 MiB in base64, with room for a longer GGUF table. */
const MAX_TEXT = 64 * 2 ** 20;

/** Read what a kernel says of a file; a field that makes no sense refuses it. */
export function readModelFile(answer: Field): IModelFile {
  return {
    path: answer.key('path').text(PATH_LENGTH),
    kind: answer.key('kind').oneOf(['config', 'gguf', 'safetensors'] as const),
    text: answer.key('text').orNull(raw),
    data: answer.key('data').orNull(raw),
    more: answer.key('more').listOrEmpty(MAX_PARTS, raw),
    weightsBytes: answer.key('weights_bytes').wholeOrNull()
  };
}

/** Read the list of cached models. */
export function readCachedModels(answer: Field): ICachedModel[] {
  return answer.key('models').list(MAX_CACHED, model => ({
    name: model.key('name').text(256),
    path: model.key('path').text(PATH_LENGTH)
  }));
}

function raw(field: Field): string {
  return field.raw(MAX_TEXT);
}

/**
 * What to plan for, from the text of a `config.json`.
 *
 * @throws PlanError when it is not JSON, or can't be planned for.
 */
export function plannableOfText(
  text: string,
  weightsBytes: number | null = null
): IPlannable {
  return plannableOf(parsed(text), weightsBytes);
}

/** @throws PlanError for what is not JSON, or longer than is believed of a config. */
export function parsed(text: string): unknown {
  if (text.length > MAX_JSON) {
    throw new PlanError(trans =>
      trans.__('This is longer than 16 MiB, too long for a config.')
    );
  }
  try {
    return parsePythonJson(text);
  } catch {
    throw new PlanError(trans =>
      trans.__('This is not JSON: paste the whole of a config.json.')
    );
  }
}
