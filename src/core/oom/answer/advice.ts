import { deviceName } from '../../text/devicename';
import type { ITranslate } from '../../text/translation';
import { formatBytes } from '../../text/units';
import type { RemedyAct } from './explanation';
import type { IWordValues } from './wordvalues';

/** The words of one remedy. */
export interface IAdvice {
  readonly text: string;
  readonly label: string;
  readonly act?: RemedyAct;
}

/** What can be advised. */
export type RemedyId =
  KernelId | AllocatorId | HandleId | ModelId | MachineId | EngineId | ArrayId;

type KernelId = 'release-tracebacks' | 'clear' | 'torch-cache' | 'restart';
type AllocatorId =
  | 'expandable-segments'
  | 'expandable-off'
  | 'max-split-size'
  | 'collect-earlier'
  | 'raise-fraction'
  | 'mps-limit';
type HandleId =
  'reset-graphs' | 'early-handle' | 'check-memory' | 'list-tensors';
type ModelId =
  | 'no-gradients'
  | 'smaller-batch'
  | 'in-pieces'
  | 'lower-precision'
  | 'checkpointing'
  | 'offload';
type MachineId =
  | 'check-processes'
  | 'other-gpu'
  | 'roomier-gpu'
  | 'check-host'
  | 'load-in-pieces'
  | 'no-pinning'
  | 'page-file';
type EngineId =
  | 'vllm-arguments'
  | 'llama-arguments'
  | 'ollama-stop'
  | 'ollama-arguments'
  | 'offload-quantised'
  | 'jax-preallocation'
  | 'tensorflow-growth';
type ArrayId = 'onnx-limit' | 'cupy-pool' | 'numba-deallocations';

type MakeCell = (text: string) => IAdvice;

/** The words of every remedy. */
export function advice(told: IWordValues): Record<RemedyId, IAdvice> {
  const { roomier, trans } = told;
  const insert = trans.__('Insert cell');
  const cell: MakeCell = text => ({ text, label: insert });
  return {
    ...kernelAdvice(told),
    ...allocatorAdvice(trans, cell),
    ...handleAdvice(trans, cell),
    ...modelAdvice(trans, cell),
    ...machineAdvice(trans, cell),
    'roomier-gpu': cell(
      trans.__(
        '%1 has %2 free: put it there.',
        roomier ? deviceName(roomier, trans) : '?',
        formatBytes(roomier?.freeBytes ?? null)
      )
    ),
    ...engineAdvice(trans, cell),
    ...arrayAdvice(trans, cell)
  };
}

function kernelAdvice(told: IWordValues): Record<KernelId, IAdvice> {
  const { hasTorchGivenBack, trans } = told;
  return {
    'release-tracebacks': {
      text: trans.__(
        'The traceback of the failed call can keep its tensors alive: release it. `%debug` has nothing to show then.'
      ),
      label: trans.__('Release tracebacks'),
      act: 'release-tracebacks'
    },
    clear: {
      text: hasTorchGivenBack
        ? trans.__(
            'PyTorch returned its unused blocks when it failed. Clearing also collects tensors that only reference cycles hold.'
          )
        : trans.__(
            "Return PyTorch's cache, and collect tensors that only reference cycles hold."
          ),
      label: trans.__('Clear'),
      act: 'clear'
    },
    'torch-cache': {
      text: trans.__("Return PyTorch's cache to the GPU."),
      label: trans.__('Clear'),
      act: 'clear'
    },
    restart: {
      text: trans.__('Restart the kernel: that frees all of its memory.'),
      label: trans.__('Restart kernel…'),
      act: 'restart'
    }
  };
}

function allocatorAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<AllocatorId, IAdvice> {
  return {
    'expandable-segments': cell(
      trans.__(
        'Let segments grow: restart the kernel, and set this before torch is imported.'
      )
    ),
    'expandable-off': cell(
      trans.__(
        'Expandable segments are on: with some drivers they fail by themselves. Restart, and try without.'
      )
    ),
    'max-split-size': cell(
      trans.__(
        'Keep large blocks whole: restart the kernel, and set this before torch is imported.'
      )
    ),
    'collect-earlier': cell(
      trans.__(
        'The setting against fragmentation is on already. Let the allocator also return unused blocks earlier.'
      )
    ),
    'raise-fraction': cell(trans.__('Raise or remove the limit.')),
    'mps-limit': cell(
      trans.__(
        'Raise the limit, before torch is imported. Without one the whole system can come to a halt.'
      )
    )
  };
}

function handleAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<HandleId, IAdvice> {
  return {
    'reset-graphs': cell(
      trans.__('Delete captured graphs, reset `torch.compile`, then clear.')
    ),
    'early-handle': cell(
      trans.__(
        'Create the handles first, right after torch is imported, while there is room.'
      )
    ),
    'check-memory': cell(
      trans.__('See what is allocated, reserved and free now.')
    ),
    'list-tensors': cell(
      trans.__(
        'List the largest tensors that Python knows of, then delete what you no longer need.'
      )
    )
  };
}

function modelAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<ModelId, IAdvice> {
  return {
    'no-gradients': cell(
      trans.__(
        'Not training? Run the model without gradients: activations are not kept then.'
      )
    ),
    'smaller-batch': cell(
      trans.__(
        'Halve the batch, and accumulate gradients over two steps; or shorten the sequences.'
      )
    ),
    'in-pieces': cell(
      trans.__(
        'Check the shape that was asked for. If it is right, work in pieces, and keep the results in host memory.'
      )
    ),
    'lower-precision': cell(
      trans.__('Use 16-bit weights: half the memory of 32-bit ones.')
    ),
    checkpointing: cell(
      trans.__(
        'Training? Use gradient checkpointing: activations are computed again in the backward pass, not kept.'
      )
    ),
    offload: cell(
      trans.__(
        'Load the model so that what does not fit stays in host memory (slower).'
      )
    )
  };
}

function machineAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<Exclude<MachineId, 'roomier-gpu'>, IAdvice> {
  return {
    'check-processes': cell(
      trans.__(
        'See which processes are on the GPU. Shut down those that you no longer need: other notebooks keep their memory until then.'
      )
    ),
    'other-gpu': cell(
      trans.__('Use another GPU: restart the kernel and run this first.')
    ),
    'check-host': cell(
      trans.__(
        'See how much memory the machine itself has left, and its limits.'
      )
    ),
    'load-in-pieces': cell(
      trans.__('Map large files into memory, or read them in pieces.')
    ),
    'no-pinning': cell(
      trans.__(
        'Page-locked memory has limits of its own: use less of it, or none.'
      )
    ),
    'page-file': cell(
      trans.__(
        'On Windows every byte on the GPU counts against the page file: enlarge it. This cell shows its size.'
      )
    )
  };
}

function engineAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<EngineId, IAdvice> {
  return {
    'vllm-arguments': cell(
      trans.__('Ask for a shorter context, or give vLLM more of the card.')
    ),
    'llama-arguments': cell(
      trans.__('Put fewer layers on the GPU, or ask for a shorter context.')
    ),
    'ollama-stop': cell(
      trans.__(
        'See which models are loaded, and stop those that you don’t need.'
      )
    ),
    'ollama-arguments': cell(
      trans.__('Ask for a shorter context, or fewer layers on the GPU.')
    ),
    'offload-quantised': cell(
      trans.__('Allow that some of the modules stay in host memory, in 32 bit.')
    ),
    'jax-preallocation': cell(
      trans.__(
        'JAX takes three quarters of the card at its start. Restart, and let it take only what it needs.'
      )
    ),
    'tensorflow-growth': cell(
      trans.__(
        'TensorFlow takes nearly the whole card at its start. Restart, and let it grow.'
      )
    )
  };
}

function arrayAdvice(
  trans: ITranslate,
  cell: MakeCell
): Record<ArrayId, IAdvice> {
  return {
    'onnx-limit': cell(
      trans.__('Let the arena grow only by what is asked for, and limit it.')
    ),
    'cupy-pool': cell(trans.__("Return the unused memory of CuPy's pool.")),
    'numba-deallocations': cell(trans.__('Numba frees late: make it free now.'))
  };
}
