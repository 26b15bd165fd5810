import type { NormKind } from '../model/shape';
import type { AllocationTrace, Tensor } from './trace';

/** Bytes of an element in 32 bit, which norms compute in. */
const WIDE = 4;

/**
 * The output of a norm over `width` elements; the input lives on.
 *
 * A norm that is written out in Python holds two or three 32-bit copies at its
 * widest moment (transformers, `LlamaRMSNorm`, `Gemma2RMSNorm`,
 * `CohereLayerNorm`, `OlmoLayerNorm`), `nn.LayerNorm` none.
 */
export function traceNorm(
  trace: AllocationTrace,
  kind: NormKind,
  width: number
): Tensor {
  switch (kind) {
    case 'none':
    case 'layer':
      return trace.make(width);
    case 'layer-cast':
      return layerCast(trace, width);
    case 'layer-wide':
      return layerWide(trace, width);
    case 'rms':
    case 'rms-wide':
      return rootMeanSquare(trace, kind, width);
  }
}

/** The 32-bit copy of the input, which is the input itself where that is 32 bit. */
function widened(trace: AllocationTrace, width: number): Tensor {
  return trace.elementBytes === WIDE ? null : trace.make(width, WIDE);
}

function rootMeanSquare(
  trace: AllocationTrace,
  kind: 'rms' | 'rms-wide',
  width: number
): Tensor {
  const wide = widened(trace, width);
  const squares = trace.make(width, WIDE);
  trace.free(squares);
  const scaled = trace.make(width, WIDE);
  trace.free(wide);
  if (kind === 'rms') {
    const cast = trace.elementBytes === WIDE ? null : trace.make(width);
    const out = trace.make(width);
    trace.free(cast, scaled);
    return out;
  }
  const weighted = trace.make(width, WIDE);
  if (trace.elementBytes === WIDE) {
    trace.free(scaled);
    return weighted;
  }
  const out = trace.make(width);
  trace.free(scaled, weighted);
  return out;
}

function layerWide(trace: AllocationTrace, width: number): Tensor {
  const wide = widened(trace, width);
  const centred = trace.make(width, WIDE);
  const squares = trace.make(width, WIDE);
  trace.free(centred, squares);
  const again = trace.make(width, WIDE);
  const scaled = trace.make(width, WIDE);
  trace.free(again, wide);
  const weighted = trace.make(width, WIDE);
  trace.free(scaled);
  const out = trace.make(width);
  trace.free(weighted);
  return out;
}

function layerCast(trace: AllocationTrace, width: number): Tensor {
  const wide = widened(trace, width);
  const out = trace.make(width, WIDE);
  trace.free(wide);
  const cast = trace.make(width);
  trace.free(out);
  return cast;
}
