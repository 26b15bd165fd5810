// Written by scripts/wire.mjs from wire.json: change that, and run it again.

import {
  consistentCellDevice,
  consistentClearedDevice,
  consistentDeviceReading,
  consistentReading,
  consistentRemovedName
} from './consistent';
import type { Field } from './decode';
import { distinct, ifKnown } from './decode';

/** The version of the wire format that this front end understands. */
export const SCHEMA_VERSION = 2;

/** The MIME type of everything the agent sends. */
export const MIME_TYPE = 'application/vnd.jupyterlab-vram+json';

/**
 * What a message may hold at most; the rest of it is left out. With `agent` the agent
 * keeps to it, too; so does it with constants.
 */
export const LIMITS = {
  /** Viewers of one agent. */
  viewers: 16,
  /** Characters of a viewer's name. */
  viewerLength: 64,
  devices: 64,
  /** Keys of what a kernel's versions lack. */
  unsupported: 32,
  /** Processes of one survey. */
  processes: 512,
  /** Of more records, the latest are kept. */
  records: 500,
  leaks: 64,
  /** Removed names of one record. */
  removed: 64,
  /** Variables that still refer to one removed name. */
  holders: 16,
  /** Holders that one search found. */
  foundHolders: 200,
  /** Parts of one holder. */
  parts: 32,
  /** Models in the cache of one kernel. */
  cachedModels: 200,
  /** Files that one model is split over. */
  modelFiles: 1000,
  /** Characters of an identifier. */
  idLength: 128,
  /** Characters of a name that a person gave. */
  nameLength: 256,
  /** Characters of the allocator's settings. */
  settingsLength: 1000,
  /** Characters of a sentence. */
  textLength: 2000,
  /** Characters of a path. */
  pathLength: 4096,
  /**
   * Characters of one file's header: 4 MiB in base64, with room for a longer GGUF table.
   */
  dataLength: 67108864
} as const;

/**
 * The shortest time between two pushes about a running cell that a viewer may ask for,
 * and the usual one.
 */
export const MIN_PUSH_INTERVAL_MS = 250;

/** The longest time between two pushes about a running cell. */
export const MAX_PUSH_INTERVAL_MS = 5000;

/**
 * Long cells are reported ever more slowly, since a server buffers what nobody reads:
 * the interval is this share of the cell's age, within the bounds.
 */
export const PUSH_BACKOFF_SHARE = 0.005;

/** The shortest lease of a viewer. */
export const MIN_LEASE_MS = 5000;

/** The longest lease of a viewer. */
export const MAX_LEASE_MS = 86400000;

/**
 * A process that holds more than this and is no kernel's may have been forgotten,
 * unless the viewer says otherwise.
 */
export const LEFTOVER_THRESHOLD_BYTES = 200 * 2 ** 20;

/**
 * Holders of less than this are summed up in one line, unless the viewer says
 * otherwise.
 */
export const SMALLEST_HOLDER_BYTES = 1 * 2 ** 20;

/**
 * Every error about memory has one of these; most other errors have none. In lower case
 * and without spaces.
 */
export const OOM_MENTIONS = [
  'memory',
  'alloc',
  'oom',
  'killed',
  'gpuram',
  'kvcache',
  'batchsizefound',
  'out_of_resources',
  'buffersize',
  'ndarray',
  'dsttensor',
  'poolsize',
  'error1455',
  'cublas_status',
  'cudnn_status',
  'cudnnalgorithm',
  'findanengine'
];

/**
 * What a message is.
 *
 * - `push`: Sent by the agent itself, while a viewer is attached.
 * - `attached`: The answer to `attach`.
 * - `cleared`: The answer to `clear`.
 * - `done`: The answer to `detach` and `read`.
 * - `answered`: The answer to a request for facts; they are in `answer`.
 * - `refused`: The request was not carried out; `reason` says why.
 */
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** Every `MessageKind`. */
export const MESSAGE_KINDS = [
  'push',
  'attached',
  'cleared',
  'done',
  'answered',
  'refused'
] as const;

/**
 * Why there are, or are not, values of devices.
 *
 * - `ok`: `devices` holds at least one device.
 * - `no-torch`: The kernel has not imported torch.
 * - `torch-without-gpu`: This build of torch supports no GPU.
 * - `no-driver`: torch could use a GPU, but the machine has no driver for it.
 * - `not-initialized`: Nothing has used the GPU yet, so nothing is allocated.
 * - `error`: The devices could not be read; `detail` says why.
 */
export type ReadingState = (typeof READING_STATES)[number];

/** Every `ReadingState`. */
export const READING_STATES = [
  'ok',
  'no-torch',
  'torch-without-gpu',
  'no-driver',
  'not-initialized',
  'error'
] as const;

/**
 * Which of torch's kinds of device it is.
 *
 * - `cuda`: An NVIDIA GPU.
 * - `hip`: An AMD GPU, which torch calls `cuda`, too.
 * - `mps`: An Apple GPU.
 * - `xpu`: An Intel GPU.
 * - `practice`: The simulated device: torch on the CPU stands in for a GPU.
 */
export type DeviceKind = (typeof DEVICE_KINDS)[number];

/** Every `DeviceKind`. */
export const DEVICE_KINDS = ['cuda', 'hip', 'mps', 'xpu', 'practice'] as const;

/**
 * How a name lost its value.
 *
 * - `deleted`: By `del`.
 * - `rebound`: It has another value now.
 */
export type Removal = (typeof REMOVALS)[number];

/** Every `Removal`. */
export const REMOVALS = ['deleted', 'rebound'] as const;

/**
 * What keeps device memory alive.
 *
 * - `variable`: A variable of the notebook.
 * - `output`: An output that IPython keeps, such as `Out[7]`.
 * - `display`: What IPython keeps for other reasons.
 * - `traceback`: The last error.
 * - `frame`: A function that is running.
 * - `thread`: A thread.
 * - `task`: A task or a callback of an event loop.
 * - `module`: A global of a module.
 * - `cycle`: Garbage that `gc.collect()` frees.
 * - `autograd graph`: What a graph keeps for the backward pass.
 * - `cuda graph pool`: The memory pool of a CUDA graph.
 * - `workspace`: What libraries below PyTorch keep.
 * - `fragmentation`: Reserved and unused, but not returnable while tensors in the same segments live.
 * - `smaller`: All that is too small for a line of its own.
 * - `unattributed`: Allocated, and held by nothing that was found.
 */
export type HolderKind = (typeof HOLDER_KINDS)[number];

/** Every `HolderKind`. */
export const HOLDER_KINDS = [
  'variable',
  'output',
  'display',
  'traceback',
  'frame',
  'thread',
  'task',
  'module',
  'cycle',
  'autograd graph',
  'cuda graph pool',
  'workspace',
  'fragmentation',
  'smaller',
  'unattributed'
] as const;

/**
 * Whether something else holds what a holder frees.
 *
 * - `checked`: Nothing else was found.
 * - `shared`: Something without a name holds a part of `shared_bytes`.
 * - `unchecked`: That was not looked for.
 */
export type HolderPromise = (typeof HOLDER_PROMISES)[number];

/** Every `HolderPromise`. */
export const HOLDER_PROMISES = ['checked', 'shared', 'unchecked'] as const;

/**
 * Holders that IPython makes by itself.
 *
 * - `outputs`: Outputs, and whatever else IPython keeps.
 * - `tracebacks`: The last error.
 * - `all`: Both.
 */
export type ReleaseGroup = (typeof RELEASE_GROUPS)[number];

/** Every `ReleaseGroup`. */
export const RELEASE_GROUPS = ['outputs', 'tracebacks', 'all'] as const;

/**
 * Whether the driver could be asked.
 *
 * - `ok`: `gpus` holds at least one GPU.
 * - `no-tool`: The kernel's environment has neither `nvidia-smi` nor a binding.
 * - `no-driver`: The driver is not loaded.
 * - `no-devices`: The driver sees no GPU.
 * - `mismatch`: The driver and its library have different versions.
 * - `no-permission`: The driver does not let this user ask.
 * - `lost`: A GPU has fallen off the bus.
 * - `timeout`: The driver did not answer in time.
 * - `failed`: Something else; `detail` says what.
 */
export type SurveyState = (typeof SURVEY_STATES)[number];

/** Every `SurveyState`. */
export const SURVEY_STATES = [
  'ok',
  'no-tool',
  'no-driver',
  'no-devices',
  'mismatch',
  'no-permission',
  'lost',
  'timeout',
  'failed'
] as const;

/**
 * What asked the driver.
 *
 * - `nvml`: The NVML library.
 * - `nvidia-smi`: The command.
 */
export type SurveySource = (typeof SURVEY_SOURCES)[number];

/** Every `SurveySource`. */
export const SURVEY_SOURCES = ['nvml', 'nvidia-smi'] as const;

/**
 * Whether a process computes, draws, or does both.
 *
 * - `compute`
 * - `graphics`
 * - `both`
 */
export type ProcessKind = (typeof PROCESS_KINDS)[number];

/** Every `ProcessKind`. */
export const PROCESS_KINDS = ['compute', 'graphics', 'both'] as const;

/**
 * Why a process may have been forgotten; it holds more than the threshold.
 *
 * - `orphan`: Its parent is gone.
 * - `unowned`: It is no kernel's.
 */
export type Leftover = (typeof LEFTOVERS)[number];

/** Every `Leftover`. */
export const LEFTOVERS = ['orphan', 'unowned'] as const;

/**
 * Why a process is not to be stopped from here.
 *
 * - `read-only`: Stopping is switched off in the kernel's environment.
 * - `not-visible`: It runs in another container, on the host, or has ended.
 * - `init`: It keeps the machine or the container running.
 * - `this-kernel`: It is the kernel itself.
 * - `server`: The Jupyter server runs in it.
 * - `jupyter-kernel`: It is another kernel of the same server.
 * - `foreign-user`: It belongs to another user.
 * - `zombie`: It has ended; its parent has not noticed yet.
 * - `unconfirmed`: It may be another process than the one the driver means.
 */
export type StopRefusal = (typeof STOP_REFUSALS)[number];

/** Every `StopRefusal`. */
export const STOP_REFUSALS = [
  'read-only',
  'not-visible',
  'init',
  'this-kernel',
  'server',
  'jupyter-kernel',
  'foreign-user',
  'zombie',
  'unconfirmed'
] as const;

/**
 * What a process was sent.
 *
 * - `SIGTERM`: It was asked to end.
 * - `SIGKILL`: It was killed.
 */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** Every `StopSignal`. */
export const STOP_SIGNALS = ['SIGTERM', 'SIGKILL'] as const;

/**
 * What a file of a model is.
 *
 * - `config`: A `config.json`.
 * - `gguf`
 * - `safetensors`
 */
export type ModelFileKind = (typeof MODEL_FILE_KINDS)[number];

/** Every `ModelFileKind`. */
export const MODEL_FILE_KINDS = ['config', 'gguf', 'safetensors'] as const;

/** One device, as one kernel sees it at one moment. */
export interface IDeviceReading {
  /** torch's own name, such as `cuda:0`, or `practice`. */
  readonly id: string;
  readonly kind: DeviceKind;
  readonly index: number;
  /** The product's name, such as `NVIDIA H100 80GB HBM3`. */
  readonly name: string;
  readonly uuid: string | null;
  /** The number of the GPU in `nvidia-smi`, joined by UUID. */
  readonly driverIndex: number | null;
  /** The number of a MIG slice in that GPU; null for a whole one. */
  readonly driverSlice: number | null;
  /** In live tensors of this kernel. */
  readonly allocatedBytes: number;
  /**
   * What torch's allocator took from the driver; includes `allocated_bytes`.
   */
  readonly reservedBytes: number;
  /**
   * The most allocated since the kernel (or the person) last reset the peak.
   */
  readonly peakAllocatedBytes: number | null;
  readonly peakReservedBytes: number | null;
  /**
   * Reserved, unused, and not returnable: live tensors share its segments.
   */
  readonly pinnedBytes: number | null;
  /**
   * Free on the whole device; from the driver where this kernel has no context on it.
   */
  readonly freeBytes: number | null;
  readonly totalBytes: number | null;
  /**
   * What the driver counts for the kernel's process; includes `reserved_bytes`.
   */
  readonly processBytes: number | null;
  /** CUDA's, such as `[9, 0]`; null for other kinds of device. */
  readonly computeCapability: readonly [number, number] | null;
}

/** All devices of one kernel at one moment. */
export interface IReading {
  /** Seconds since the epoch, by the kernel's clock. */
  readonly timeSeconds: number;
  readonly state: ReadingState;
  /**
   * With `error`: what went wrong. With `ok`: which devices don't answer, and why.
   */
  readonly detail: string | null;
  readonly torchVersion: string | null;
  readonly pid: number;
  /** Whether a CUDA graph is being captured. */
  readonly capturing: boolean;
  /**
   * What is not public API of IPython, ipykernel or PyTorch, and was looked for and not
   * found in these versions.
   */
  readonly unsupported: readonly string[];
  readonly devices: readonly IDeviceReading[];
}

/** The cell that is running. */
export interface IRunningCell {
  /** The cell's id in its notebook. */
  readonly cellId: string | null;
  readonly executionCount: number | null;
  /** Seconds since the epoch. */
  readonly startedSeconds: number;
}

/** One device before and after. */
export interface IClearedDevice {
  /** The `id` of a device. */
  readonly id: string;
  readonly beforeAllocatedBytes: number;
  readonly beforeReservedBytes: number;
  readonly afterAllocatedBytes: number;
  readonly afterReservedBytes: number;
}

/** What one run of one cell did to one device. */
export interface ICellDevice extends IClearedDevice {
  readonly peakAllocatedBytes: number;
  /**
   * Whether the peak is exact: the run set a new record of torch's own counter. Otherwise
   * it is the largest sample, a lower bound.
   */
  readonly peakExact: boolean;
}

/** A name that held device memory and no longer does. */
export interface IRemovedName {
  readonly name: string;
  readonly how: Removal;
  /** The `id` of a device. */
  readonly device: string;
  /** What the name's object held before. */
  readonly heldBytes: number;
  /** What of it is still alive. */
  readonly aliveBytes: number;
  /** Variables that still reach it; may be empty. */
  readonly heldBy: readonly string[];
}

/**
 * A removed name whose memory is still alive, followed until it is gone.
 */
export interface ILeak extends IRemovedName {
  /** Unique within one kernel process. */
  readonly id: number;
  /** The `run` of the cell that removed the name. */
  readonly run: number;
  readonly executionCount: number | null;
}

/** One finished run of one cell. */
export interface ICellRecord {
  /** Counts the recorded runs of this kernel, from 1. */
  readonly run: number;
  readonly cellId: string | null;
  readonly executionCount: number | null;
  /**
   * The first 16 hexadecimal digits of the SHA-256 of the cell's code: equal for a rerun
   * of the same cell.
   */
  readonly codeDigest: string;
  /** Seconds since the epoch. */
  readonly startedSeconds: number;
  readonly endedSeconds: number;
  /** Whether the run raised no error. */
  readonly ok: boolean;
  readonly devices: readonly ICellDevice[];
  /** Names that the cell deleted or replaced. */
  readonly removed: readonly IRemovedName[];
}

/** What one clear did. */
export interface IClearReport {
  readonly devices: readonly IClearedDevice[];
  /**
   * Objects that `gc.collect()` found unreachable; null if a cell did the clearing.
   */
  readonly collectedObjects: number | null;
  /** Names of the holders that were released first. */
  readonly released: readonly string[];
}

/** A GPU, or a MIG slice of one. */
export interface IGpu {
  /** As PyTorch writes it, without `GPU-`. */
  readonly uuid: string;
  /** The GPU that a slice is part of; null for a whole one. */
  readonly parentUuid: string | null;
  readonly index: number;
  readonly name: string | null;
  readonly totalBytes: number | null;
  readonly usedBytes: number | null;
  /** Whether the driver lists processes; none is an answer, too. */
  readonly isListed: boolean;
  /** GPU memory in use that no listed process accounts for. */
  readonly otherBytes: number | null;
}

/** What one process holds on one GPU. */
export interface IGpuShare {
  /** The `uuid` of a GPU. */
  readonly uuid: string;
  readonly usedBytes: number | null;
}

/** One process that uses a GPU. */
export interface IGpuProcess {
  readonly pid: number;
  readonly kind: ProcessKind;
  readonly shares: readonly IGpuShare[];
  /**
   * False where the number means nothing here. The rest is then null or false, but for
   * the driver's `command`.
   */
  readonly isVisible: boolean;
  readonly user: string | null;
  readonly command: string | null;
  /** What it was started as, without folders and arguments. */
  readonly program: string | null;
  /** Seconds since the epoch. */
  readonly startedSeconds: number | null;
  /**
   * Whether it is the kernel that reports, or something that kernel started.
   */
  readonly isOwn: boolean;
  /** Whether it is itself a Jupyter kernel. */
  readonly isKernel: boolean;
  /** Jupyter's name for the kernel that it is or comes from. */
  readonly kernelId: string | null;
  readonly kernelPid: number | null;
  /** The path of the notebook when its kernel was started. */
  readonly notebook: string | null;
  readonly leftover: Leftover | null;
  /**
   * What a request to stop it has to name; null if it is not to be stopped.
   */
  readonly identity: string | null;
  readonly whyNot: string | null;
}

/** Who uses the NVIDIA GPUs of the kernel's machine. */
export interface ISurvey {
  /** Seconds since the epoch, by the kernel's clock. */
  readonly timeSeconds: number;
  readonly state: SurveyState;
  /** What the driver said; may be empty. */
  readonly detail: string;
  readonly gpus: readonly IGpu[];
  /** The biggest first. */
  readonly processes: readonly IGpuProcess[];
}

/** What one request to stop a process led to. */
export interface IStopReport {
  readonly signal: StopSignal;
  readonly hasEnded: boolean;
  /** Seconds until it may be killed. */
  readonly graceSeconds: number;
}

/** What one holder holds on one device. */
export interface IHeldShare {
  /** The `id` of a device. */
  readonly id: string;
  readonly bytes: number;
  readonly sharedBytes: number;
}

/** The memory behind one attribute, key or item of a holder. */
export interface IHeldPart {
  readonly path: string;
  readonly bytes: number;
}

/** One thing that keeps device memory alive. */
export interface IHolder {
  /**
   * What a person types or recognizes: `Out[7]`, `history`, `helpers.CACHE`.
   */
  readonly name: string;
  readonly kind: HolderKind;
  /**
   * How to get from there to the first tensor; empty where there is no way.
   */
  readonly path: string;
  /** Freed if only this holder is released. */
  readonly bytes: number;
  /** Held by others, too, whom `also_held_by` names. */
  readonly sharedBytes: number;
  readonly alsoHeldBy: readonly string[];
  readonly tensorCount: number;
  /** The `id` of the device on which it holds most. */
  readonly device: string;
  readonly devices: readonly IHeldShare[];
  /** Reserved and unused, but not returnable while its tensors live. */
  readonly pinnedBytes: number;
  /** A line of Python that releases it; null where there is none. */
  readonly release: string | null;
  /** May be absent: unknown. */
  readonly promise?: HolderPromise;
  readonly note: string | null;
  readonly parts: readonly IHeldPart[];
}

/** One device: what is allocated, and how much of it has a name. */
export interface IHeldTotals {
  /** The `id` of a device. */
  readonly id: string;
  readonly allocatedBytes: number;
  /** Everything that has a holder, each byte once. */
  readonly namedBytes: number;
  readonly unattributedBytes: number;
}

/** What one search for holders found. */
export interface IHoldings {
  /** The biggest first. */
  readonly holders: readonly IHolder[];
  readonly devices: readonly IHeldTotals[];
  /** False where the time was up first: there may be more. */
  readonly isComplete: boolean;
  /** What the search took. */
  readonly seconds: number;
}

/**
 * What one device gets back, where bytes that several holders share count once.
 */
export interface IFreedDevice {
  /** The `id` of a device. */
  readonly id: string;
  /** Held by the chosen holders, and by no other. */
  readonly freesBytes: number;
  /** Held by others, too. */
  readonly staysBytes: number;
  /** Garbage, which is collected along. */
  readonly collectedBytes: number;
}

/** What a release would do at the moment of the request. */
export interface IReleasePreview {
  /** To be sent back as `shown`; good for one release. */
  readonly token: string;
  /** The holders that would be released. */
  readonly names: readonly string[];
  /** The lines of Python that do the same. */
  readonly code: readonly string[];
  /** What else comes with it, a sentence each. */
  readonly notes: readonly string[];
  /** Of what was asked for: what holds no device memory now. */
  readonly missing: readonly string[];
  /** Of what was asked for: what can't be released. */
  readonly stuck: readonly string[];
  readonly devices: readonly IFreedDevice[];
  /** Other holders of what stays, the largest first. */
  readonly keptBy: readonly string[];
  /** False where the time was up first: then the values are not certain. */
  readonly isComplete: boolean;
  /** Whether it was checked that nothing else holds what is freed. */
  readonly isChecked: boolean;
}

/** What is known of an out-of-memory error only in the kernel. */
export interface IFailureFacts {
  /**
   * What `PYTORCH_ALLOC_CONF`, or one of its older names, holds in the kernel's
   * environment.
   */
  readonly allocatorSettings: string | null;
}

/** What a kernel found at a path. */
export interface IModelFile {
  /** What was read. */
  readonly path: string;
  readonly kind: ModelFileKind;
  /** JSON, of a config or of a safetensors header. */
  readonly text: string | null;
  /** A GGUF header in base64, without long texts. */
  readonly data: string | null;
  /**
   * Of a model that is split over several files, the same of the other files, in their
   * order.
   */
  readonly more: readonly string[];
  /** Bytes of the weight files beside a config. */
  readonly weightsBytes: number | null;
}

/** A model in the kernel's Hugging Face cache. */
export interface ICachedModel {
  readonly name: string;
  readonly path: string;
}

/** The models in the kernel's Hugging Face cache. */
export interface ICachedModels {
  readonly models: readonly ICachedModel[];
}

/** One message from the agent: a push, or the answer to a request. */
export interface IAgentMessage {
  readonly kind: MessageKind;
  /**
   * Changes whenever the agent starts anew, so after each restart of the kernel. Empty:
   * the agent could not start.
   */
  readonly boot: string;
  /** Grows by one with each message of one boot. */
  readonly sequence: number;
  /** The version of the package. */
  readonly agentVersion: string;
  readonly reading: IReading;
  readonly running: IRunningCell | null;
  /** With a push: the cell that ended last. */
  readonly finished: ICellRecord | null;
  /** Removed names whose memory is still alive. */
  readonly leaks: readonly ILeak[];
  /**
   * Oldest first. With `attached`: the latest. With a push: those that ended before
   * `finished`.
   */
  readonly records: readonly ICellRecord[];
  /** With `cleared`: what came back and what did not. */
  readonly clear: IClearReport | null;
  /**
   * With a push: the viewers whose lease has ended; it is the last for them.
   */
  readonly lapsed: readonly string[];
  /**
   * With a push, for viewers who want to know: who uses the GPUs, when that has changed.
   */
  readonly survey: ISurvey | null;
  /** With `refused`: one plain sentence. */
  readonly reason: string | null;
}

/**
 * What a front end can ask of the agent. Any request may name its viewer, which is a
 * sign of life of it.
 */
export type AgentRequest = { readonly viewer?: string } &
  /** Begin to push to a viewer, or change what it wants. */
  (
    | {
        readonly op: 'attach'; /** Names the front end. */
        readonly viewer: string;
        /** The shortest time between two pushes about a running cell. */
        readonly interval_ms: number;
        /** True or false switches the practice device; null leaves it alone. */
        readonly practice: boolean | null;
        /**
         * Whether torch's peak counters are reset at each cell; absent leaves it as it is.
         */
        readonly exact_peaks?: boolean;
        /**
         * Pushes carry `processes`, and from how many bytes on a process is left over; absent:
         * they don't.
         */
        readonly leftover_bytes?: number;
        /**
         * So many seconds without a sign of life end the pushes; absent: nothing does.
         */
        readonly lease_s?: number;
      }
    /** Stop pushing to a viewer. */
    | { readonly op: 'detach'; readonly viewer: string }
    /** Take one reading; whoever asks becomes no viewer. */
    | { readonly op: 'read' }
    /** Collect garbage and give unused memory back to the driver. */
    | {
        readonly op: 'clear'; /** Names of holders to release first, or groups of them. */
        readonly release?: readonly string[];
        /** Variables to delete. */
        readonly names?: readonly string[];
        /**
         * The token of a preview: release what it showed, or refuse if that has changed.
         */
        readonly shown?: string;
      }
    /** Search for what holds the memory. */
    | {
        readonly op: 'holders'; /** Holders of less than this are summed up in one line. */
        readonly min_bytes: number;
      }
    /** Say what a release would do. */
    | {
        readonly op: 'release_preview'; /** Of holders; a variable may be called like a group. */
        readonly names: readonly string[];
        readonly groups: readonly ReleaseGroup[];
      }
    /** Tell what explains an out-of-memory error. */
    | { readonly op: 'failure' }
    /** Survey the processes that use the GPUs. */
    | { readonly op: 'processes'; readonly leftover_bytes: number }
    /** Stop a process that a survey listed. */
    | {
        readonly op: 'stop';
        readonly pid: number;
        readonly identity: string;
        /** Kill it; only after it was asked to end. */
        readonly force: boolean;
      }
    /** Read a model's config or header. */
    | {
        readonly op: 'model_file'; /** Of a folder, a config, a GGUF or a safetensors file. */
        readonly path: string;
      }
    /** List the models in the kernel's Hugging Face cache. */
    | { readonly op: 'cached_models' }
  );

export function decodeDeviceReading(field: Field): IDeviceReading {
  return consistentDeviceReading({
    id: field.key('id').text(LIMITS.idLength),
    kind: field.key('kind').oneOf(DEVICE_KINDS),
    index: field.key('index').whole(),
    name: field.key('name').text(LIMITS.nameLength),
    uuid: field.key('uuid').textOrNull(LIMITS.idLength),
    driverIndex: field.key('driver_index').wholeOrNull(),
    driverSlice: field.key('driver_slice').wholeOrNull(),
    allocatedBytes: field.key('allocated_bytes').whole(),
    reservedBytes: field.key('reserved_bytes').whole(),
    peakAllocatedBytes: field.key('peak_allocated_bytes').wholeOrNull(),
    peakReservedBytes: field.key('peak_reserved_bytes').wholeOrNull(),
    pinnedBytes: field.key('pinned_bytes').wholeOrNull(),
    freeBytes: field.key('free_bytes').wholeOrNull(),
    totalBytes: field.key('total_bytes').positiveOrNull(),
    processBytes: field.key('process_bytes').wholeOrNull(),
    computeCapability: field.key('compute_capability').versionOrNull()
  });
}

export function decodeReading(field: Field): IReading {
  return consistentReading({
    timeSeconds: field.key('time').seconds(),
    state: field.key('state').oneOf(READING_STATES),
    detail: field.key('detail').textOrNull(LIMITS.textLength),
    torchVersion: field.key('torch_version').textOrNull(LIMITS.idLength),
    pid: field.key('pid').whole(),
    capturing: field.key('capturing').flag(),
    unsupported: field
      .key('unsupported')
      .listOrEmpty(LIMITS.unsupported, each => each.text(LIMITS.idLength)),
    devices: distinct(
      field.key('devices').list(LIMITS.devices, decodeDeviceReading),
      each => each.id
    )
  });
}

export function decodeRunningCell(field: Field): IRunningCell {
  return {
    cellId: field.key('cell_id').textOrNull(LIMITS.idLength),
    executionCount: field.key('execution_count').wholeOrNull(),
    startedSeconds: field.key('started').seconds()
  };
}

export function decodeClearedDevice(field: Field): IClearedDevice {
  return consistentClearedDevice({
    id: field.key('id').text(LIMITS.idLength),
    beforeAllocatedBytes: field.key('before_allocated_bytes').whole(),
    beforeReservedBytes: field.key('before_reserved_bytes').whole(),
    afterAllocatedBytes: field.key('after_allocated_bytes').whole(),
    afterReservedBytes: field.key('after_reserved_bytes').whole()
  });
}

export function decodeCellDevice(field: Field): ICellDevice {
  return consistentCellDevice({
    ...decodeClearedDevice(field),
    peakAllocatedBytes: field.key('peak_allocated_bytes').whole(),
    peakExact: field.key('peak_exact').flag()
  });
}

export function decodeRemovedName(field: Field): IRemovedName {
  return consistentRemovedName({
    name: field.key('name').text(LIMITS.nameLength),
    how: field.key('how').oneOf(REMOVALS),
    device: field.key('device').text(LIMITS.idLength),
    heldBytes: field.key('held_bytes').whole(),
    aliveBytes: field.key('alive_bytes').whole(),
    heldBy: field
      .key('held_by')
      .list(LIMITS.holders, each => each.text(LIMITS.nameLength))
  });
}

export function decodeLeak(field: Field): ILeak {
  return {
    ...decodeRemovedName(field),
    id: field.key('id').whole(),
    run: field.key('run').whole(),
    executionCount: field.key('execution_count').wholeOrNull()
  };
}

export function decodeCellRecord(field: Field): ICellRecord {
  return {
    run: field.key('run').whole(),
    cellId: field.key('cell_id').textOrNull(LIMITS.idLength),
    executionCount: field.key('execution_count').wholeOrNull(),
    codeDigest: field.key('code_digest').text(LIMITS.idLength),
    startedSeconds: field.key('started').seconds(),
    endedSeconds: field.key('ended').seconds(),
    ok: field.key('ok').flag(),
    devices: field.key('devices').list(LIMITS.devices, decodeCellDevice),
    removed: field.key('removed').list(LIMITS.removed, decodeRemovedName)
  };
}

export function decodeClearReport(field: Field): IClearReport {
  return {
    devices: field.key('devices').list(LIMITS.devices, decodeClearedDevice),
    collectedObjects: field.key('collected_objects').whole(),
    released: field
      .key('released')
      .listOrEmpty(LIMITS.foundHolders, each => each.text(LIMITS.nameLength))
  };
}

export function decodeGpu(field: Field): IGpu {
  return {
    uuid: field.key('uuid').text(LIMITS.idLength),
    parentUuid: field.key('parent_uuid').textOrNull(LIMITS.idLength),
    index: field.key('index').whole(),
    name: field.key('name').textOrNull(LIMITS.nameLength),
    totalBytes: field.key('total_bytes').positiveOrNull(),
    usedBytes: field.key('used_bytes').wholeOrNull(),
    isListed: field.key('is_listed').flag(),
    otherBytes: field.key('other_bytes').wholeOrNull()
  };
}

export function decodeGpuShare(field: Field): IGpuShare {
  return {
    uuid: field.key('uuid').text(LIMITS.idLength),
    usedBytes: field.key('used_bytes').positiveOrNull()
  };
}

export function decodeGpuProcess(field: Field): IGpuProcess {
  return {
    pid: field.key('pid').whole(),
    kind: field.key('kind').oneOf(PROCESS_KINDS),
    shares: distinct(
      field.key('shares').list(LIMITS.devices, decodeGpuShare),
      each => each.uuid
    ),
    isVisible: field.key('is_visible').flag(),
    user: field.key('user').textOrNull(LIMITS.nameLength),
    command: field.key('command').textOrNull(LIMITS.textLength),
    program: field.key('program').textOrNull(LIMITS.textLength),
    startedSeconds: field.key('started_s').orNull(each => each.seconds()),
    isOwn: field.key('is_own').flag(),
    isKernel: field.key('is_kernel').flag(),
    kernelId: field.key('kernel_id').textOrNull(LIMITS.idLength),
    kernelPid: field.key('kernel_pid').wholeOrNull(),
    notebook: field.key('notebook').textOrNull(LIMITS.textLength),
    leftover: field.key('leftover').orNull(each => each.oneOf(LEFTOVERS)),
    identity: field.key('identity').textOrNull(LIMITS.idLength),
    whyNot: field.key('why_not_stoppable').textOrNull(LIMITS.idLength)
  };
}

export function decodeSurvey(field: Field): ISurvey {
  return {
    timeSeconds: field.key('time').seconds(),
    state: field.key('state').oneOf(SURVEY_STATES),
    detail: field.key('detail').text(LIMITS.textLength),
    gpus: distinct(
      field.key('gpus').list(LIMITS.devices, decodeGpu),
      each => each.uuid
    ),
    processes: distinct(
      field.key('processes').list(LIMITS.processes, decodeGpuProcess),
      each => each.pid
    )
  };
}

export function decodeStopReport(field: Field): IStopReport {
  return {
    signal: field.key('signal').oneOf(STOP_SIGNALS),
    hasEnded: field.key('has_ended').flag(),
    graceSeconds: field.key('grace_s').seconds()
  };
}

export function decodeHeldShare(field: Field): IHeldShare {
  return {
    id: field.key('id').text(LIMITS.idLength),
    bytes: field.key('bytes').whole(),
    sharedBytes: field.key('shared_bytes').whole()
  };
}

export function decodeHeldPart(field: Field): IHeldPart {
  return {
    path: field.key('path').text(LIMITS.textLength),
    bytes: field.key('bytes').whole()
  };
}

export function decodeHolder(field: Field): IHolder {
  return {
    name: field.key('name').text(LIMITS.nameLength),
    kind: field.key('kind').oneOf(HOLDER_KINDS),
    path: field.key('path').text(LIMITS.textLength),
    bytes: field.key('bytes').whole(),
    sharedBytes: field.key('shared_bytes').whole(),
    alsoHeldBy: field
      .key('also_held_by')
      .list(LIMITS.holders, each => each.text(LIMITS.nameLength)),
    tensorCount: field.key('tensor_count').whole(),
    device: field.key('device').text(LIMITS.idLength),
    devices: field.key('devices').list(LIMITS.devices, decodeHeldShare),
    pinnedBytes: field.key('pinned_bytes').whole(),
    release: field.key('release').textOrNull(LIMITS.textLength),
    ...ifKnown(
      'promise',
      field.key('promise').orNull(each => each.oneOf(HOLDER_PROMISES))
    ),
    note: field.key('note').textOrNull(LIMITS.textLength),
    parts: field.key('parts').list(LIMITS.parts, decodeHeldPart)
  };
}

export function decodeHeldTotals(field: Field): IHeldTotals {
  return {
    id: field.key('id').text(LIMITS.idLength),
    allocatedBytes: field.key('allocated_bytes').whole(),
    namedBytes: field.key('named_bytes').whole(),
    unattributedBytes: field.key('unattributed_bytes').whole()
  };
}

export function decodeHoldings(field: Field): IHoldings {
  return {
    holders: field.key('holders').list(LIMITS.foundHolders, decodeHolder),
    devices: field.key('devices').list(LIMITS.devices, decodeHeldTotals),
    isComplete: field.key('is_complete').flag(),
    seconds: field.key('seconds').seconds()
  };
}

export function decodeFreedDevice(field: Field): IFreedDevice {
  return {
    id: field.key('id').text(LIMITS.idLength),
    freesBytes: field.key('frees_bytes').whole(),
    staysBytes: field.key('stays_bytes').whole(),
    collectedBytes: field.key('collected_bytes').whole()
  };
}

export function decodeReleasePreview(field: Field): IReleasePreview {
  return {
    token: field.key('token').text(LIMITS.idLength),
    names: field
      .key('names')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.nameLength)),
    code: field
      .key('code')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.textLength)),
    notes: field
      .key('notes')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.textLength)),
    missing: field
      .key('missing')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.nameLength)),
    stuck: field
      .key('stuck')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.nameLength)),
    devices: field.key('devices').list(LIMITS.devices, decodeFreedDevice),
    keptBy: field
      .key('kept_by')
      .list(LIMITS.foundHolders, each => each.text(LIMITS.nameLength)),
    isComplete: field.key('is_complete').flag(),
    isChecked: field.key('is_checked').flag()
  };
}

export function decodeFailureFacts(field: Field): IFailureFacts {
  return {
    allocatorSettings: field
      .key('allocator_settings')
      .textOrNull(LIMITS.settingsLength)
  };
}

export function decodeModelFile(field: Field): IModelFile {
  return {
    path: field.key('path').text(LIMITS.pathLength),
    kind: field.key('kind').oneOf(MODEL_FILE_KINDS),
    text: field.key('text').orNull(each => each.raw(LIMITS.dataLength)),
    data: field.key('data').orNull(each => each.raw(LIMITS.dataLength)),
    more: field
      .key('more')
      .listOrEmpty(LIMITS.modelFiles, each => each.raw(LIMITS.dataLength)),
    weightsBytes: field.key('weights_bytes').wholeOrNull()
  };
}

export function decodeCachedModel(field: Field): ICachedModel {
  return {
    name: field.key('name').text(LIMITS.nameLength),
    path: field.key('path').text(LIMITS.pathLength)
  };
}

export function decodeCachedModels(field: Field): ICachedModels {
  return {
    models: field.key('models').list(LIMITS.cachedModels, decodeCachedModel)
  };
}

export function decodeAgentMessage(field: Field): IAgentMessage {
  return {
    kind: field.key('kind').oneOf(MESSAGE_KINDS),
    boot: field.key('boot').text(LIMITS.idLength),
    sequence: field.key('sequence').whole(),
    agentVersion: field.key('agent_version').text(LIMITS.idLength),
    reading: decodeReading(field.key('reading')),
    running: field.key('running').orNull(decodeRunningCell),
    finished: field.key('finished').orNull(decodeCellRecord),
    leaks: field.key('leaks').listOrEmpty(LIMITS.leaks, decodeLeak),
    records: field
      .key('records')
      .latestOrEmpty(LIMITS.records, decodeCellRecord),
    clear: field.key('clear').orNull(decodeClearReport),
    lapsed: field
      .key('lapsed')
      .listOrEmpty(LIMITS.viewers, each => each.text(LIMITS.idLength)),
    survey: field.key('processes').orNull(decodeSurvey),
    reason: field.key('reason').textOrNull(LIMITS.textLength)
  };
}
