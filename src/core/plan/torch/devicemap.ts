import type { DeviceMapKind } from '../result/devices';

/**
 * Where `from_pretrained(..., device_map="auto")` of transformers 5 puts the
 * modules of a model. All sizes are in bytes, as that code counts them.
 */

/** A module, as far as its place depends on it. */
interface IModule {
  readonly bytes: number;
  /** What it can be split into; empty for what stays whole. */
  readonly parts: readonly IModule[];
}

/** The sizes of a model's modules. */
export interface IModuleSizes {
  readonly embeddings: readonly number[];
  readonly layers: readonly number[];
  readonly norm: number;
  /** Tables of rotary positions, which follow the last norm. */
  readonly rotary: number;
  /** The output; null where it is the embedding, and goes with it. */
  readonly head: number | null;
}

/** The GPU of each module, by its place in `max_memory`. */
export interface IPlacement {
  readonly embedding: number;
  readonly layers: readonly number[];
  readonly norm: number;
  readonly rotary: number;
  readonly head: number;
}

/**
 * What `auto` leaves beyond an equal share: room for the largest layer until
 * transformers 5.17, and for the largest module, an embedding perhaps, since 5.18.
 */
export type MapBuffer = 'layer' | 'module';

/** Room beyond an equal share, in parts of what it is for. */
const BUFFER = 1.25;

/**
 * Where the modules go under `maxBytes` for each GPU; null where not all find a place.
 *
 * `share` is what a quantizer leaves of the limits: bitsandbytes 0.9.
 */
export function placementOf(
  sizes: IModuleSizes,
  maxBytes: readonly number[],
  kind: DeviceMapKind,
  share: number,
  buffer: MapBuffer = 'module'
): IPlacement | null {
  const leaf = (bytes: number): IModule => ({ bytes, parts: [] });
  const embeddings = sizes.embeddings.map(leaf);
  const layers = sizes.layers.map(leaf);
  const [norm, rotary] = [leaf(sizes.norm), leaf(sizes.rotary)];
  const head = leaf(sizes.head ?? 0);
  const tied = sizes.head === null ? head : null;
  const base = group([...embeddings, group(layers), norm, rotary]);
  const limits = (
    kind === 'auto' ? balanced(sizes, maxBytes, buffer) : maxBytes
  ).map(bytes => bytes * share);
  const homes = placed([base, head], embeddings[0], tied, limits);
  const homeOf = (module: IModule | undefined): number =>
    (module && homes?.get(module)) ?? 0;
  return homes === null
    ? null
    : {
        embedding: homeOf(embeddings[0]),
        layers: layers.map(homeOf),
        norm: homeOf(norm),
        rotary: homeOf(rotary),
        head: homeOf(head)
      };
}

function group(parts: readonly IModule[]): IModule {
  return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}

/** Limits for equal shares, with a buffer; the last GPU that is used keeps its own. */
export function balanced(
  sizes: IModuleSizes,
  maxBytes: readonly number[],
  buffer: MapBuffer
): number[] {
  const { embeddings, layers, norm, rotary, head } = sizes;
  const all = [...embeddings, ...layers, norm, rotary, head ?? 0];
  const total = all.reduce((sum, bytes) => sum + bytes, 0);
  const largest = Math.max(0, ...(buffer === 'layer' ? layers : all));
  const used = maxBytes.filter(bytes => bytes > 0).length;
  const last = maxBytes.reduce((at, bytes, gpu) => (bytes > 0 ? gpu : at), -1);
  const each =
    Math.floor(total / Math.max(1, used)) + Math.floor(BUFFER * largest);
  return maxBytes.map((bytes, gpu) =>
    gpu === last || bytes <= 0 ? bytes : Math.min(bytes, each)
  );
}

/** The largest modules that stay whole, which the first GPU keeps room for. */
interface ILargest {
  readonly bytes: number;
  readonly modules: readonly IModule[];
}

function leavesOf(modules: readonly IModule[]): IModule[] {
  return modules.flatMap(module =>
    module.parts.length > 0 ? leavesOf(module.parts) : [module]
  );
}

function largestOf(modules: readonly IModule[]): ILargest {
  const leaves = leavesOf(modules);
  const bytes = leaves.reduce((most, each) => Math.max(most, each.bytes), 0);
  return { bytes, modules: leaves.filter(each => each.bytes === bytes) };
}

/** The largest modules besides `own`; only where none of that size is left is it looked for anew. */
function largestBut(
  own: readonly IModule[],
  { bytes, modules }: ILargest,
  queue: readonly IModule[]
): ILargest {
  const left = modules.filter(each => !own.includes(each));
  return left.length > 0 ? { bytes, modules: left } : largestOf(queue);
}

/**
 * Each module that stays whole, and its GPU, filled one after another; a module
 * that is too large for what is left is taken apart, or opens the next GPU.
 */
function placed(
  modules: readonly IModule[],
  embedding: IModule | undefined,
  tied: IModule | null,
  limits: readonly number[]
): Map<IModule, number> | null {
  const homes = new Map<IModule, number>();
  let queue = modules.slice();
  let largest = largestOf(queue);
  let gpu = 0;
  let used = 0;
  for (let module = queue.shift(); module; module = queue.shift()) {
    const own = leavesOf([module]);
    largest = largestBut(own, largest, queue);
    const limit = limits[gpu];
    if (limit === undefined) {
      return null;
    }
    if (used + module.bytes <= limit - (gpu === 0 ? largest.bytes : 0)) {
      used += module.bytes;
      own.forEach(each => homes.set(each, gpu));
      if (tied && embedding && own.includes(embedding)) {
        homes.set(tied, gpu);
        queue = queue.filter(each => each !== tied);
      }
    } else if (module.parts.length > 0) {
      queue = [...module.parts, ...queue];
      largest = largestOf(queue);
    } else {
      queue.unshift(module);
      gpu += 1;
      used = 0;
    }
  }
  return homes;
}
