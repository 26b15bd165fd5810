import type { GgufValue, IGgufHeader } from './gguf';
import type { IKept, ILayer, IModelShape } from '../model/shape';
import { PlanError } from '../model/shape';

/** Reads a field of the file's own architecture. */
export type OwnField = (key: string) => GgufValue | undefined;

/**
 * The layers of `shape` with what llama.cpp keeps of each, as the file's metadata
 * say it: heads and windows layer by layer, layers that keep a state, layers that
 * share another's cache. The names are those of ggml's converter for every
 * architecture; where they are silent, the family's layer stands.
 */
export function withKept(
  shape: IModelShape,
  header: IGgufHeader,
  own: OwnField
): ILayer[] {
  const keptOf = keeper(shape, header, own);
  const made = new Map<string, ILayer>();
  return shape.layers.map((layer, index) => {
    const kept = keptOf(layer, index);
    const kind = shape.layers.indexOf(layer);
    const key = [
      kind,
      kept.tokenElements,
      kept.stateElements,
      kept.window
    ].join(' ');
    const known = made.get(key) ?? { ...layer, kept };
    made.set(key, known);
    return known;
  });
}

function keeper(
  shape: IModelShape,
  header: IGgufHeader,
  own: OwnField
): (layer: ILayer, index: number) => IKept {
  const count = shape.layers.length;
  // Layers that draft come last, and run in a context of their own.
  const drafting = number(own('nextn_predict_layers')) ?? 0;
  const sharing = number(own('attention.shared_kv_layers')) ?? 0;
  const owned = count - drafting - sharing;
  const isCausal = own('attention.causal') !== false;
  const mixerAt = mixers(header, own, count);
  const windowAt = windows(own, count);
  const elementsAt = tokenElements(shape, own, count);
  const stateElements = stateOf(own, shape.hiddenSize);
  return (layer, index) => {
    const mixer = mixerAt(index);
    const window = windowAt(index, layer);
    const hasCache = isCausal && mixer.attends && index < owned;
    return {
      tokenElements: hasCache ? elementsAt(index, window !== null) : 0,
      stateElements:
        mixer.keepsState && index < count - drafting ? stateElements : 0,
      window
    };
  };
}

/** Whether a layer attends, and whether it keeps a state: both, in some. */
interface IMixer {
  readonly attends: boolean;
  readonly keepsState: boolean;
}

/** By the tensors of each layer; in a header without them, by the metadata. */
function mixers(
  { tensors }: IGgufHeader,
  own: OwnField,
  count: number
): (index: number) => IMixer {
  const inLayer = (pattern: RegExp): Set<number> =>
    new Set(
      tensors.flatMap(({ name }) => {
        const [, layer, role = ''] = /^blk\.(\d+)\.(.+)$/.exec(name) ?? [];
        return layer !== undefined && pattern.test(role) ? [Number(layer)] : [];
      })
    );
  const stateful = inLayer(/^(ssm_|shortconv\.|time_mix_)/);
  const keyed = inLayer(/^attn_(k|k_b|kv_a_mqa|kv_b)\./);
  const fused = inLayer(/^attn_qkv\./);
  if (stateful.size + keyed.size + fused.size > 0) {
    return index => ({
      // A recurrent layer may call its own projection `attn_qkv`.
      attends: keyed.has(index) || (fused.has(index) && !stateful.has(index)),
      keepsState: stateful.has(index)
    });
  }
  const heads = perLayer(own, 'attention.head_count_kv', count);
  const every = number(own('full_attention_interval')) ?? 1;
  const hasState = STATE_FIELDS.some(field => own(field) !== undefined);
  return index => {
    const attends =
      heads(index) !== 0 && (index + 1) % Math.max(1, every) === 0;
    return { attends, keepsState: hasState && !attends };
  };
}

const STATE_FIELDS = ['ssm.state_size', 'shortconv.l_cache', 'wkv.head_size'];

/** The window of each layer; without a pattern, where the family has one. */
function windows(
  own: OwnField,
  count: number
): (index: number, layer: ILayer) => number | null {
  const size = number(own('attention.sliding_window')) ?? 0;
  const pattern = own('attention.sliding_window_pattern');
  if (size === 0 || pattern === undefined) {
    return (_, { attention }) => attention.window;
  }
  const at = perLayer(own, 'attention.sliding_window_pattern', count);
  return index => {
    // A number alone: of so many layers, the last one sees everything.
    const isWindowed = Array.isArray(pattern)
      ? at(index) !== 0
      : (index + 1) % (number(pattern) ?? 1) !== 0;
    return isWindowed ? size : null;
  };
}

/** Elements that a layer keeps of each token: its keys and values. */
function tokenElements(
  shape: IModelShape,
  own: OwnField,
  count: number
): (index: number, isWindowed: boolean) => number {
  const rank = number(own('attention.kv_lora_rank')) ?? 0;
  if (rank > 0 && own('attention.key_length_mla') !== undefined) {
    const rotated = number(own('rope.dimension_count')) ?? 0;
    return () => rank + rotated;
  }
  // Without it, llama.cpp keeps whole keys and values of a compressed attention, too.
  const heads = perLayer(own, 'attention.head_count', count);
  const keyHeads = perLayer(own, 'attention.head_count_kv', count);
  const length = (key: string, isWindowed: boolean): number | null =>
    (isWindowed ? number(own(`attention.${key}_swa`)) : null) ??
    number(own(`attention.${key}`));
  return (index, isWindowed) => {
    const all = heads(index) ?? 1;
    const derived = Math.floor(shape.hiddenSize / Math.max(1, all));
    const width =
      (length('key_length', isWindowed) ?? derived) +
      (length('value_length', isWindowed) ?? derived);
    return (keyHeads(index) ?? all) * width;
  };
}

/** Elements of a recurrent layer's state, in 32 bit: the tail of a convolution, and a matrix. */
function stateOf(own: OwnField, hiddenSize: number): number {
  const field = (key: string): number => number(own(key)) ?? 0;
  const inner = field('ssm.inner_size');
  const state = field('ssm.state_size');
  const mixed = inner + 2 * field('ssm.group_count') * state;
  const tail = Math.max(0, field('ssm.conv_kernel') - 1) * mixed;
  const short = Math.max(0, field('shortconv.l_cache') - 1) * hiddenSize;
  const shifted = field('token_shift_count') * hiddenSize;
  const wkv = field('wkv.head_size') * hiddenSize;
  return tail + inner * state + short + shifted + wkv;
}

/** A field that has one value, or one for each layer. */
function perLayer(
  own: OwnField,
  key: string,
  count: number
): (index: number) => number | null {
  const value = own(key);
  if (!Array.isArray(value)) {
    return () => number(value);
  }
  const values = value as readonly number[];
  if (values.length < count) {
    throw new PlanError(trans =>
      trans.__('`%1` has %2 values for %3 layers.', key, values.length, count)
    );
  }
  return index => values[index] ?? null;
}

function number(value: GgufValue | undefined): number | null {
  return typeof value === 'number' ? value : null;
}
