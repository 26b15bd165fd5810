/** Whose message it is. `host` is the machine's own memory, not a device's. */
export type Backend =
  | 'cuda'
  | 'hip'
  | 'xpu'
  | 'mps'
  | 'npu'
  | 'directml'
  | 'cublas'
  | 'cudnn'
  | 'cuda-driver'
  | 'bitsandbytes'
  | 'transformers-dispatch'
  | 'vllm'
  | 'llama.cpp'
  | 'ollama'
  | 'jax'
  | 'tensorflow'
  | 'onnxruntime'
  | 'cupy'
  | 'numba'
  | 'neuron'
  | 'host';

/** Why the memory was not to be had. */
export type Cause =
  | 'request larger than the card'
  | 'another process holds it'
  | 'fragmentation'
  | 'this notebook still holds it'
  | 'simply full'
  | 'memory fraction cap'
  | 'not device memory'
  | 'context or library handle could not be made'
  | 'CUDA graphs'
  | 'unknown';

/** How far `cause` can be relied on. */
export type Confidence = 'high' | 'medium' | 'low';

/** One process that the message lists, by its process id on the host. */
export interface IProcessUse {
  /** Null where the message only says *this process*. */
  readonly pid: number | null;
  readonly bytes: number;
  readonly isSelf: boolean;
}

/** The figures of a message, in bytes; null is *the text does not say*, never zero. */
export interface IOomFigures {
  readonly requestedBytes: number | null;
  /** The whole device. */
  readonly capacityBytes: number | null;
  readonly freeBytes: number | null;
  /** In live tensors of the failed process, and in its private pools. */
  readonly allocatedBytes: number | null;
  /** What its allocator had taken from the device, all of the other three included. */
  readonly reservedBytes: number | null;
  /** Reserved, and in no tensor. */
  readonly unallocatedBytes: number | null;
  /**
   * Of `allocatedBytes`, what private pools, such as those of CUDA graphs, keep
   * in no tensor. PyTorch counts it as allocated in its message, and not in
   * `memory_allocated`: measured, see docs/measurements/gpu-results.md.
   */
  readonly privatePoolBytes: number | null;
  /** The most that the process may take, by a limit that was set. */
  readonly allowedBytes: number | null;
  /** What the process has beside the framework's allocator, where the text says it outright. */
  readonly otherBytes: number | null;
}

/** The names of the figures. */
export type FigureName = keyof IOomFigures;

/** No figure at all. */
export const NO_FIGURES: IOomFigures = {
  requestedBytes: null,
  capacityBytes: null,
  freeBytes: null,
  allocatedBytes: null,
  reservedBytes: null,
  unallocatedBytes: null,
  privatePoolBytes: null,
  allowedBytes: null,
  otherBytes: null
};

/** What can be read out of a message. */
export interface IOomFacts extends IOomFigures {
  readonly backend: Backend;
  /** The device, such as `cuda:0`, as torch names it; null where the text does not say. */
  readonly device: string | null;
  readonly processes: readonly IProcessUse[];
}
