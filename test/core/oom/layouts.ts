import type { IOomFigures, IProcessUse } from '../../../src/core/oom';
import type { Random } from '../random';

/** What a rendered message says. */
export interface IRendered {
  readonly text: string;
  readonly figures: Partial<IOomFigures>;
  readonly device: string | null;
  readonly processes?: readonly IProcessUse[];
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB'] as const;

/** A size as an allocator prints it, and the bytes that this means. */
interface ISize {
  readonly text: string;
  readonly bytes: number;
}

function size(random: Random): ISize {
  const unit = random.below(4);
  if (unit === 0) {
    const bytes = random.below(1024);
    return { text: `${bytes} bytes`, bytes };
  }
  const figure = (random.below(102400) / 100).toFixed(2);
  return {
    text: `${figure} ${UNITS[unit] as string}`,
    bytes: Math.round(Number(figure) * 1024 ** unit)
  };
}

/** A size of no less than `bytes`, to a hundredth of a gibibyte. */
function atLeast(bytes: number, random: Random): ISize {
  const figure = Math.ceil((100 * bytes) / 2 ** 30 + random.below(1000)) / 100;
  return {
    text: `${figure.toFixed(2)} GiB`,
    bytes: Math.round(figure * 2 ** 30)
  };
}

const HINTS = [
  '',
  ' If reserved memory is >> allocated memory try setting max_split_size_mb to avoid fragmentation.  See documentation for Memory Management and PYTORCH_CUDA_ALLOC_CONF',
  ' If reserved but unallocated memory is large try setting PYTORCH_ALLOC_CONF=expandable_segments:True to avoid fragmentation.  See documentation for Memory Management  (https://pytorch.org/docs/stable/notes/cuda.html#environment-variables)'
];

/** PyTorch 1.0 to 2.0: parentheses. */
export function parenthesised(random: Random): IRendered {
  const next = (): ISize => size(random);
  const [s, t, a, f, c] = [next(), next(), next(), next(), next()];
  const gpu = random.below(8);
  const isOld = random.next() < 0.5;
  const last = isOld ? 'cached' : 'reserved in total by PyTorch';
  const isTerse = random.next() < 0.2;
  return {
    text: `RuntimeError: CUDA out of memory. Tried to allocate ${s.text} (GPU ${gpu}; ${t.text} total capacity; ${a.text} already allocated; ${isTerse ? '' : `${f.text} free; `}${c.text} ${last})${random.pick(HINTS)}`,
    device: `cuda:${gpu}`,
    figures: {
      requestedBytes: s.bytes,
      capacityBytes: t.bytes,
      allocatedBytes: a.bytes,
      freeBytes: isTerse ? null : f.bytes,
      [isOld ? 'unallocatedBytes' : 'reservedBytes']: c.bytes
    }
  };
}

/** PyTorch 2.1 and later: sentences, some of which may be missing, the processes in any order. */
export function sentences(random: Random): IRendered {
  const next = (): ISize => size(random);
  const [s, t, f, a] = [next(), next(), next(), next()];
  const [u, p, l] = [next(), next(), next()];
  const own = atLeast(a.bytes + u.bytes, random);
  const has = { pools: random.next() < 0.4, cap: random.next() < 0.3 };
  const index = random.next() < 0.1 ? '' : String(random.below(16));
  const family = random.pick(['CUDA', 'HIP', 'XPU'] as const);
  const others = Array.from({ length: random.below(4) }, () => ({
    pid: 1 + random.below(4_000_000),
    ...next()
  }));
  const lines = others.map(
    each => `Process ${each.pid} has ${each.text} memory in use. `
  );
  const at = random.below(lines.length + 1);
  lines.splice(
    at,
    0,
    `Including non-PyTorch memory, this process has ${own.text} memory in use. `
  );
  const processes: IProcessUse[] = others.map(({ pid, bytes }) => ({
    pid,
    bytes,
    isSelf: false
  }));
  processes.splice(at, 0, { pid: null, bytes: own.bytes, isSelf: true });
  const capacity = random.pick(['capacity', 'capacty']);
  const pools = `, with ${p.text} allocated in private pools (e.g., ${family} Graphs), and `;
  return {
    text:
      `torch.OutOfMemoryError: ${family} out of memory. Tried to allocate ${s.text}. GPU ${index} has a total ${capacity} of ${t.text} of which ${f.text} is free. ` +
      lines.join('') +
      (has.cap ? `${l.text} allowed; ` : '') +
      `Of the allocated memory ${a.text} is allocated by PyTorch${has.pools ? pools : ', and '}${u.text} is reserved by PyTorch but unallocated.${random.pick(HINTS)}`,
    device:
      index === '' ? null : `${family === 'XPU' ? 'xpu' : 'cuda'}:${index}`,
    figures: {
      requestedBytes: s.bytes,
      capacityBytes: t.bytes,
      freeBytes: f.bytes,
      allocatedBytes: a.bytes,
      unallocatedBytes: u.bytes,
      reservedBytes: null,
      privatePoolBytes: has.pools ? p.bytes : null,
      allowedBytes: has.cap ? l.bytes : null
    },
    processes
  };
}

/** The driver's own allocator. */
export function asynchronous(random: Random): IRendered {
  const [a, s, t, f] = [size(random), size(random), size(random), size(random)];
  const limit = random.next() < 0.5 ? null : size(random);
  return {
    text: `torch.OutOfMemoryError: Allocation on device 0 would exceed allowed memory. (out of memory)
Currently allocated     : ${a.text}
Requested               : ${s.text}
Device limit            : ${t.text}
Free (according to CUDA): ${f.text}
PyTorch limit (set by user-supplied memory fraction)
                        : ${limit?.text ?? '17179869184.00 GiB'}`,
    device: 'cuda:0',
    figures: {
      requestedBytes: s.bytes,
      capacityBytes: t.bytes,
      freeBytes: f.bytes,
      allocatedBytes: a.bytes,
      allowedBytes: limit?.bytes ?? null
    }
  };
}

/** Apple's. */
export function metal(random: Random): IRendered {
  const [a, o, l, s] = [size(random), size(random), size(random), size(random)];
  const hasLimit = random.next() < 0.7;
  const old = random.next() < 0.5;
  const text = `RuntimeError: MPS backend out of memory (MPS allocated: ${a.text}, other allocations: ${o.text}${hasLimit ? `, max allowed: ${l.text}` : ''}). Tried to allocate ${s.text} on ${random.pick(['private', 'shared'])} pool. Use PYTORCH_MPS_HIGH_WATERMARK_RATIO=0.0 to disable upper limit for memory allocations (may cause system failure).`;
  return {
    text: old ? text.replace(/([KMG])iB/g, '$1B') : text,
    device: 'mps',
    figures: {
      requestedBytes: s.bytes,
      allocatedBytes: a.bytes,
      otherBytes: o.bytes,
      allowedBytes: hasLimit ? l.bytes : null
    }
  };
}

/** Messages of other programs, by what they print the bytes into. */
const PLAIN: readonly ((bytes: number) => string)[] = [
  n =>
    `jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to allocate ${n} bytes.`,
  n =>
    `RESOURCE_EXHAUSTED: Failed to allocate request for ${(n / 2 ** 30).toFixed(2)}GiB (${n}B) on device ordinal 0`,
  n =>
    `E external/cuda_driver.cc:828] failed to allocate ${(n / 2 ** 20).toFixed(2)}M (${n} bytes) from device: CUDA_ERROR_OUT_OF_MEMORY: out of memory`,
  n => `RuntimeError: NRT allocation failed for size ${n} (OOM)`,
  n =>
    `cupy.cuda.memory.OutOfMemoryError: Out of memory allocating ${n.toLocaleString('en-US')} bytes (allocated so far: 0 bytes).`,
  n =>
    `bfc_arena.cc:376 onnxruntime::BFCArena::AllocateRawInternal(size_t, bool) Failed to allocate memory for requested buffer of size ${n}`,
  n =>
    `ggml_gallocr_reserve_n: failed to allocate CUDA0 buffer of size ${n}\nllama_init: failed`,
  n =>
    `RuntimeError: [enforce fail at alloc_cpu.cpp:114] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate ${n} bytes. Error code 12 (Cannot allocate memory)`,
  n =>
    `[virtualMemoryBuffer.cpp::resizePhysical::140] Error Code 2: OutOfMemory (Requested size was ${n} bytes.)`
];

/** One of the messages of other programs. */
export function plain(random: Random): IRendered {
  const bytes = 1 + random.below(2 ** 40);
  return {
    text: random.pick(PLAIN)(bytes),
    device: null,
    figures: { requestedBytes: bytes }
  };
}
