import type { DeviceKind } from '../../wire/generated';
import { checkMemory } from '../../cells/snippets';
import type { ISetting } from '../cause/setting';
import type { IWordValues } from './wordvalues';

type MakeCell = (told: IWordValues, setting: ISetting) => string;

const PROCESSES =
  '!nvidia-smi --query-compute-apps=pid,process_name,used_memory --format=csv';
const HOST = '!free -h; ulimit -l -v';

/** A variable of the environment, to be set before anything of the GPU is loaded. */
function environment(name: string, value: string): string {
  return `# Restart the kernel and run this first
import os

os.environ["${name}"] = "${value}"`;
}

/** The allocator's settings as they are, and one more. */
function allocator(added: string): MakeCell {
  const key = added.split(':')[0] ?? '';
  return (_, { applied, variable }) =>
    environment(
      variable,
      [
        ...applied
          .split(',')
          .filter(each => each !== '' && !each.startsWith(key)),
        added
      ]
        .join(',')
        .replace(/:true\b/g, ':True')
        .replace(/:false\b/g, ':False')
    );
}

/** The cells that remedies insert, by the remedy's id. What is in CAPITALS is yours to fill in. */
export const CELLS: Readonly<Record<string, MakeCell>> = {
  'expandable-segments': allocator('expandable_segments:True'),
  'expandable-off': allocator('expandable_segments:False'),
  'max-split-size': allocator('max_split_size_mb:256'),
  'collect-earlier': allocator('garbage_collection_threshold:0.8'),
  'raise-fraction': () =>
    'import torch\n\ntorch.cuda.set_per_process_memory_fraction(1.0)',
  'mps-limit': () => environment('PYTORCH_MPS_HIGH_WATERMARK_RATIO', '0.0'),
  'reset-graphs': () => `# Delete your own graphs first, for example: del graph
import gc
import torch

torch._dynamo.reset()
gc.collect()
torch.cuda.empty_cache()`,
  'early-handle': () => `import torch

torch.cuda.current_blas_handle()
torch.backends.cudnn.version()`,
  'check-memory': ({ facts }) => checkMemory(kindOf(facts.backend)).code,
  'list-tensors': () => `def _list_tensors(count=20):
    import gc
    import torch

    found = {}
    for each in gc.get_objects():
        if issubclass(type(each), torch.Tensor) and each.device.type != "cpu":
            found[each.untyped_storage().data_ptr()] = each
    sizes = [(each.untyped_storage().nbytes(), tuple(each.shape)) for each in found.values()]
    for size, shape in sorted(sizes, reverse=True)[:count]:
        print(f"{size / 2**20:10.1f} MiB  {shape}")


_list_tensors()
del _list_tensors`,
  'no-gradients': () => `import torch

with torch.inference_mode():
    OUTPUT = MODEL(INPUT)`,
  'smaller-batch':
    () => `# Two half batches count as one: the same gradient, half of the activations
OPTIMIZER.zero_grad()
for PART in BATCH.chunk(2):
    LOSS = LOSS_OF(MODEL(PART)) / 2
    LOSS.backward()
OPTIMIZER.step()`,
  'in-pieces': () => `import torch

with torch.inference_mode():
    RESULT = torch.cat([MODEL(PART).cpu() for PART in INPUT.split(8)])`,
  'lower-precision': () => `import torch

MODEL = MODEL.to(torch.bfloat16)  # or load it so: from_pretrained(NAME, dtype=torch.bfloat16)`,
  checkpointing: () => `MODEL.gradient_checkpointing_enable()  # transformers
# others: torch.utils.checkpoint.checkpoint(BLOCK, INPUT, use_reentrant=False)`,
  offload: () => `from transformers import AutoModelForCausalLM

MODEL = AutoModelForCausalLM.from_pretrained(NAME, device_map="auto", dtype="auto")`,
  'check-processes': ({ facts }) => {
    const pids = facts.processes
      .filter(({ isSelf, pid }) => !isSelf && pid !== null)
      .map(({ pid }) => pid);
    return pids.length > 0
      ? `${PROCESSES}\n!ps -o pid,user,etime,cmd -p ${pids.join(',')}`
      : facts.backend === 'hip'
        ? '!rocm-smi --showpids'
        : facts.backend === 'xpu'
          ? '!xpu-smi ps'
          : PROCESSES;
  },
  'other-gpu': () => environment('CUDA_VISIBLE_DEVICES', '1'),
  'roomier-gpu': ({ roomier }) => `import torch

DEVICE = "${roomier?.id ?? 'cuda:0'}"
torch.cuda.set_device(DEVICE)  # "cuda" without a number means this one from now on
# What names another device, such as .to("cuda:1"), needs .to(DEVICE)`,
  'check-host': () => HOST,
  'load-in-pieces': () => `import numpy

DATA = numpy.load("FILE.npy", mmap_mode="r")  # tables: pandas.read_csv(FILE, chunksize=100_000)`,
  'no-pinning': () => `from torch.utils.data import DataLoader

LOADER = DataLoader(DATASET, batch_size=32, num_workers=2, pin_memory=False)`,
  'page-file': () =>
    '!powershell -c "Get-CimInstance Win32_PageFileUsage | Format-List Name,AllocatedBaseSize,CurrentUsage"',
  'vllm-arguments': (_, { fittingTokens }) => `from vllm import LLM

LLM(model=NAME, max_model_len=${fittingTokens ?? '4096'}, gpu_memory_utilization=0.9)`,
  'llama-arguments': () => `from llama_cpp import Llama

Llama(model_path=FILE, n_gpu_layers=20, n_ctx=4096)`,
  'ollama-stop': () => '!ollama ps\n# !ollama stop NAME',
  'ollama-arguments': () =>
    `!curl -s http://localhost:11434/api/generate -d '{"model": "NAME", "prompt": "", "options": {"num_ctx": 4096, "num_gpu": 20}}'`,
  'offload-quantised':
    () => `from transformers import AutoModelForCausalLM, BitsAndBytesConfig

CONFIG = BitsAndBytesConfig(load_in_8bit=True, llm_int8_enable_fp32_cpu_offload=True)
MODEL = AutoModelForCausalLM.from_pretrained(NAME, device_map="auto", quantization_config=CONFIG)`,
  'jax-preallocation': () =>
    environment('XLA_PYTHON_CLIENT_PREALLOCATE', 'false'),
  'tensorflow-growth': () => environment('TF_FORCE_GPU_ALLOW_GROWTH', 'true'),
  'onnx-limit': () => `PROVIDER = ("CUDAExecutionProvider", {
    "arena_extend_strategy": "kSameAsRequested",
    "gpu_mem_limit": 4 * 2**30,
})`,
  'cupy-pool': () =>
    'import cupy\n\ncupy.get_default_memory_pool().free_all_blocks()',
  'numba-deallocations': () =>
    'from numba import cuda\n\ncuda.current_context().deallocations.clear()'
};

function kindOf(backend: string): DeviceKind {
  return backend === 'hip' || backend === 'xpu' || backend === 'mps'
    ? backend
    : 'cuda';
}
