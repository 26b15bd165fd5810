import { Config } from './config';
import { withUncertainty } from './uncertainties';
import { INNER, modelShape } from './model';
import type { IModelShape } from './shape';
import { parameterCounts } from './tensors';

/** A shape, and the format that its weights were published in, if not 16 bit. */
export interface IPlannable {
  readonly shape: IModelShape;
  readonly native: string | null;
}

/** Fields that say how weights are quantized. */
const QUANTISED = ['quantization_config', 'compression_config'];
/** How far the files may be from the planned size, as a share of it. */
const FILES_OFF = 0.1;

/**
 * What to plan for, from a `config.json` (parsed), and from the size of the weight
 * files beside it, where that is known.
 *
 * @throws PlanError when it can't be planned for.
 */
export function plannableOf(
  value: unknown,
  weightsBytes: number | null = null
): IPlannable {
  const shape = modelShape(value);
  const native = nativeFormat(value);
  const unknown = native === null ? unknownFormat(new Config(value)) : null;
  if (unknown !== null) {
    return { shape: withUncertainty(shape, 'unknown-format', unknown), native };
  }
  const differs =
    native === null &&
    weightsBytes !== null &&
    !isAsPlanned(shape, weightsBytes);
  return {
    shape: differs
      ? withUncertainty(shape, 'files-differ', weightsBytes)
      : shape,
    native
  };
}

/**
 * The format in which a config says its weights were published, as planned for;
 * null for plain 16 bit, and for one that is not known.
 */
function nativeFormat(value: unknown): string | null {
  const quantised = new Config(value).inner('quantization_config');
  const method = quantised?.text('quant_method', '') ?? '';
  const bits = method === '' ? 4 : (quantised?.count('bits', 16, 4) ?? 4);
  switch (method) {
    case 'gptq':
    case 'awq':
      return bits === 4 || bits === 8 ? `${method}-int${bits}` : null;
    case 'fp8':
    case 'mxfp4':
      return method;
    case 'bitsandbytes':
      return quantised?.flag('load_in_8bit', false) ? 'int8' : 'nf4-dq';
    default:
      return null;
  }
}

/** Method and algorithm of a quantization that is not planned for; null for plain 16 bit. */
function unknownFormat(config: Config): string | null {
  const places = [config, ...INNER.map(name => config.inner(name))];
  const [found] = places.flatMap(place =>
    QUANTISED.flatMap(name => place?.inner(name) ?? [])
  );
  if (!found) {
    return null;
  }
  const words = ['quant_method', 'quant_algo', 'format', 'bits'].flatMap(name =>
    found.words(name)
  );
  return words.length > 0 ? words.join(' ') : 'quantization_config';
}

/** Whether files of that size may be the model's in 16 or 32 bit. */
function isAsPlanned(shape: IModelShape, weightsBytes: number): boolean {
  const { total } = parameterCounts(shape);
  return [2, 4].some(
    bytes => Math.abs(weightsBytes / (bytes * total) - 1) <= FILES_OFF
  );
}
