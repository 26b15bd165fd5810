import type { NormKind } from '../model/shape';
import type { Tape, Tensor } from './trace';

/** Bytes of an element in 32 bit, which norms compute in. */
const WIDE = 4;

/**
 * The output of a norm over `width` elements; the input lives on.
 *
 * A norm that is written out in Python holds two or three 32-bit copies at its
 * widest moment (transformers, `LlamaRMSNorm`, `Gemma2RMSNorm`,
 * `CohereLayerNorm`, `OlmoLayerNorm`), `nn.LayerNorm` none.
 */
export function normed(tape: Tape, kind: NormKind, width: number): Tensor {
  switch (kind) {
    case 'none':
    case 'layer':
      return tape.make(width);
    case 'layer-cast':
      return layerCast(tape, width);
    case 'layer-wide':
      return layerWide(tape, width);
    case 'rms':
    case 'rms-wide':
      return rootMeanSquare(tape, kind, width);
  }
}

/** The 32-bit copy of the input, which is the input itself where that is 32 bit. */
function widened(tape: Tape, width: number): Tensor {
  return tape.elementBytes === WIDE ? null : tape.make(width, WIDE);
}

function rootMeanSquare(
  tape: Tape,
  kind: 'rms' | 'rms-wide',
  width: number
): Tensor {
  const wide = widened(tape, width);
  const squares = tape.make(width, WIDE);
  tape.free(squares);
  const scaled = tape.make(width, WIDE);
  tape.free(wide);
  if (kind === 'rms') {
    const cast = tape.elementBytes === WIDE ? null : tape.make(width);
    const out = tape.make(width);
    tape.free(cast, scaled);
    return out;
  }
  const weighted = tape.make(width, WIDE);
  if (tape.elementBytes === WIDE) {
    tape.free(scaled);
    return weighted;
  }
  const out = tape.make(width);
  tape.free(scaled, weighted);
  return out;
}

function layerWide(tape: Tape, width: number): Tensor {
  const wide = widened(tape, width);
  const centred = tape.make(width, WIDE);
  const squares = tape.make(width, WIDE);
  tape.free(centred, squares);
  const again = tape.make(width, WIDE);
  const scaled = tape.make(width, WIDE);
  tape.free(again, wide);
  const weighted = tape.make(width, WIDE);
  tape.free(scaled);
  const out = tape.make(width);
  tape.free(weighted);
  return out;
}

function layerCast(tape: Tape, width: number): Tensor {
  const wide = widened(tape, width);
  const out = tape.make(width, WIDE);
  tape.free(wide);
  const cast = tape.make(width);
  tape.free(out);
  return cast;
}
