import { GIB } from '../text/units';
import type { IFitPlan } from './fit';

/** What a cell loads, and how. */
export interface ICellOptions {
  readonly plan: IFitPlan;
  /** A repository of Hugging Face, or a folder or file. */
  readonly model: string;
  readonly isEncoder: boolean;
  /** GiB of each GPU that weights may take, if some stay on the CPU. */
  readonly maxMemoryGiB: readonly number[] | null;
  /** Layers on the GPU; null for all. `plan.split` says what goes on which of several. */
  readonly gpuLayers: number | null;
}

/** Programs that a cell can be for. */
export type CellKind = 'transformers' | 'llama-cpp-python' | 'shell' | 'ollama';

/** All layers, in llama.cpp and Ollama. */
const ALL_LAYERS = 999;

/** The kinds of cells that can load `plan`'s format. */
export function cellKinds(plan: IFitPlan): CellKind[] {
  return plan.runtime === 'transformers'
    ? ['transformers']
    : ['llama-cpp-python', 'shell', 'ollama'];
}

/** The code of a cell that loads the model as planned; it runs as it stands. */
export function planCell(kind: CellKind, options: ICellOptions): string {
  switch (kind) {
    case 'transformers':
      return transformersCell(options);
    case 'llama-cpp-python':
      return llamaPythonCell(options);
    case 'shell':
      return shellCell(options);
    case 'ollama':
      return ollamaCell(options);
  }
}

/** `text` as a Python string. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function transformersCell(options: ICellOptions): string {
  const { plan, model, isEncoder, maxMemoryGiB } = options;
  const kind = isEncoder ? 'AutoModel' : 'AutoModelForCausalLM';
  const config = quantisation(plan.format);
  const dtype = { fp32: 'float32', fp16: 'float16' }[plan.format] ?? 'bfloat16';
  const split = plan.split?.maxMemoryBytes ?? null;
  const limits = (maxMemoryGiB ?? split?.map(gibOf) ?? []).map(
    (gib, index) => `${index}: "${gib}GiB"`
  );
  // Without `cpu`, what does not fit on the GPUs is an error, and not slow.
  const others = maxMemoryGiB
    ? ['"cpu": psutil.virtual_memory().available']
    : [];
  const memory =
    limits.length > 0
      ? `    max_memory={${[...limits, ...others].join(', ')}},\n`
      : '';
  const map = maxMemoryGiB ? 'auto' : plan.split?.deviceMap;
  const imports = [
    kind,
    'AutoTokenizer',
    ...(config ? ['BitsAndBytesConfig'] : [])
  ];
  // accelerate, which maps the devices, needs psutil itself.
  return `${maxMemoryGiB ? 'import psutil\n' : ''}import torch
from transformers import ${imports.join(', ')}

model_id = ${quoted(model)}
tokenizer = AutoTokenizer.from_pretrained(model_id)
model = ${kind}.from_pretrained(
    model_id,
    dtype=torch.${dtype},
    device_map=${map ? quoted(map) : '{"": 0}'},
${memory}${config})
${
  split
    ? `for i in range(${split.length}):
    print(f"GPU {i}: {torch.cuda.memory_allocated(i) / 2**30:.2f} GiB allocated")`
    : 'print(f"{torch.cuda.memory_allocated() / 2**30:.2f} GiB allocated")'
}`;
}

/** Bytes as GiB with one digit, which are read back as no more than them. */
function gibOf(bytes: number): string {
  return (Math.floor((10 * (bytes + 1)) / GIB) / 10).toFixed(1);
}

function quantisation(format: string): string {
  switch (format) {
    case 'int8':
      return '    quantization_config=BitsAndBytesConfig(load_in_8bit=True),\n';
    case 'nf4':
    case 'nf4-dq':
      return `    quantization_config=BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=torch.bfloat16,
        bnb_4bit_use_double_quant=${format === 'nf4-dq' ? 'True' : 'False'},
    ),\n`;
    default:
      return '';
  }
}

/** Whether `model` is a file rather than a repository. */
function isFile(model: string): boolean {
  return /\.gguf$/i.test(model);
}

/** As llama-cli computes: attention is not written out, and a window bounds the cache. */
function llamaPythonCell({ plan, model, gpuLayers }: ICellOptions): string {
  const head = isFile(model)
    ? `model = Llama(\n    model_path=${quoted(model)},`
    : `model = Llama.from_pretrained(\n    repo_id=${quoted(model)},\n    filename="*${plan.format}.gguf",`;
  const split = plan.split?.tensorSplit;
  return `from llama_cpp import Llama

${head}
    n_ctx=${plan.contextTokens},
    n_gpu_layers=${gpuLayers ?? -1},
    flash_attn=True,
    swa_full=False,
${split ? `    tensor_split=[${split.join(', ')}],\n` : ''})
print(model("Hello", max_tokens=8)["choices"][0]["text"])`;
}

/** `text` as a word of a POSIX shell. */
function shellQuoted(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}

function shellCell({ plan, model, gpuLayers }: ICellOptions): string {
  const source = isFile(model)
    ? `-m ${shellQuoted(model)}`
    : `-hf ${shellQuoted(`${model}:${plan.format}`)}`;
  const split = plan.split?.tensorSplit;
  const spread = split
    ? ` --split-mode layer --tensor-split ${split.join(',')}`
    : '';
  return `%%bash
llama-cli ${source} -c ${plan.contextTokens} -ngl ${gpuLayers ?? ALL_LAYERS}${spread} -no-cnv -n 16 -p 'Hello'`;
}

function ollamaCell({ plan, model, gpuLayers }: ICellOptions): string {
  const source = isFile(model) ? model : `hf.co/${model}:${plan.format}`;
  return `%%bash
cat > Modelfile <<'END'
FROM ${source.replace(/[\r\n]/g, ' ')}
PARAMETER num_ctx ${plan.contextTokens}
PARAMETER num_gpu ${gpuLayers ?? ALL_LAYERS}
END
ollama create planned -f Modelfile
ollama run planned 'Hello'`;
}
