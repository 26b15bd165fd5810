"""The types of what is sent, for type checkers alone: nothing imports them at run time.

Written by ``scripts/wire.mjs`` from ``src/core/wire/wire.json``: change that, and run it again.
"""

from __future__ import annotations

from typing import Any, Literal, TypedDict

#: What a message is.
MessageKind = Literal["push", "attached", "cleared", "done", "answered", "refused"]
#: Why there are, or are not, values of devices.
ReadingState = Literal[
    "ok", "no-torch", "torch-without-gpu", "no-driver", "not-initialized", "error"
]
#: Which of torch's kinds of device it is.
DeviceKind = Literal["cuda", "hip", "mps", "xpu", "practice"]
#: How a name lost its value.
Removal = Literal["deleted", "rebound"]
#: What keeps device memory alive.
HolderKind = Literal[
    "variable",
    "output",
    "display",
    "traceback",
    "frame",
    "thread",
    "task",
    "module",
    "cycle",
    "autograd graph",
    "cuda graph pool",
    "workspace",
    "fragmentation",
    "smaller",
    "unattributed",
]
#: Whether something else holds what a holder frees.
HolderPromise = Literal["checked", "shared", "unchecked"]
#: Holders that IPython makes by itself.
ReleaseGroup = Literal["outputs", "tracebacks", "all"]
#: Whether the driver could be asked.
SurveyState = Literal[
    "ok",
    "no-tool",
    "no-driver",
    "no-devices",
    "mismatch",
    "no-permission",
    "lost",
    "timeout",
    "failed",
]
#: What asked the driver.
SurveySource = Literal["nvml", "nvidia-smi"]
#: Whether a process computes, draws, or does both.
ProcessKind = Literal["compute", "graphics", "both"]
#: Why a process may have been forgotten; it holds more than the threshold.
Leftover = Literal["orphan", "unowned"]
#: Why a process is not to be stopped from here.
StopRefusal = Literal[
    "read-only",
    "not-visible",
    "init",
    "this-kernel",
    "server",
    "jupyter-kernel",
    "foreign-user",
    "zombie",
    "unconfirmed",
]
#: What a process was sent.
StopSignal = Literal["SIGTERM", "SIGKILL"]
#: What a file of a model is.
ModelFileKind = Literal["config", "gguf", "safetensors"]
#: What a request may ask for.
Operation = Literal[
    "attach",
    "detach",
    "read",
    "clear",
    "holders",
    "release_preview",
    "failure",
    "processes",
    "stop",
    "model_file",
    "cached_models",
]


class _DeviceReading(TypedDict, total=False):
    """What a DeviceReading may lack."""

    #: The number of the GPU in `nvidia-smi`, joined by UUID.
    driver_index: int | None
    #: The number of a MIG slice in that GPU; null for a whole one.
    driver_slice: int | None
    #: CUDA's, such as `[9, 0]`; null for other kinds of device.
    compute_capability: list[int] | None


class DeviceReading(_DeviceReading):
    """One device, as one kernel sees it at one moment."""

    #: torch's own name, such as `cuda:0`, or `practice`.
    id: str
    kind: DeviceKind
    index: int
    #: The product's name, such as `NVIDIA H100 80GB HBM3`.
    name: str
    uuid: str | None
    #: In live tensors of this kernel.
    allocated_bytes: int
    #: What torch's allocator took from the driver; includes `allocated_bytes`.
    reserved_bytes: int
    #: The most allocated since the kernel (or the person) last reset the peak.
    peak_allocated_bytes: int | None
    peak_reserved_bytes: int | None
    #: Reserved, unused, and not returnable: live tensors share its segments.
    pinned_bytes: int | None
    #: Free on the whole device; from the driver where this kernel has no context on it.
    free_bytes: int | None
    total_bytes: int | None
    #: What the driver counts for the kernel's process; includes `reserved_bytes`.
    process_bytes: int | None


class _Reading(TypedDict, total=False):
    """What a Reading may lack."""

    #: What is not public API of IPython, ipykernel or PyTorch, and was looked for and not found
    #: in these versions.
    unsupported: list[str]


class Reading(_Reading):
    """All devices of one kernel at one moment."""

    #: Seconds since the epoch, by the kernel's clock.
    time: float
    state: ReadingState
    #: With `error`: what went wrong. With `ok`: which devices don't answer, and why.
    detail: str | None
    torch_version: str | None
    pid: int
    #: Whether a CUDA graph is being captured.
    capturing: bool
    devices: list[DeviceReading]


class RunningCell(TypedDict):
    """The cell that is running."""

    #: The cell's id in its notebook.
    cell_id: str | None
    execution_count: int | None
    #: Seconds since the epoch.
    started: float


class ClearedDevice(TypedDict):
    """One device before and after."""

    #: The `id` of a device.
    id: str
    before_allocated_bytes: int
    before_reserved_bytes: int
    after_allocated_bytes: int
    after_reserved_bytes: int


class CellDevice(ClearedDevice):
    """What one run of one cell did to one device."""

    peak_allocated_bytes: int
    #: Whether the peak is exact: the run set a new record of torch's own counter. Otherwise it
    #: is the largest sample, a lower bound.
    peak_exact: bool


class RemovedName(TypedDict):
    """A name that held device memory and no longer does."""

    name: str
    how: Removal
    #: The `id` of a device.
    device: str
    #: What the name's object held before.
    held_bytes: int
    #: What of it is still alive.
    alive_bytes: int
    #: Variables that still reach it; may be empty.
    held_by: list[str]


class Leak(RemovedName):
    """A removed name whose memory is still alive, followed until it is gone."""

    #: Unique within one kernel process.
    id: int
    #: The `run` of the cell that removed the name.
    run: int
    execution_count: int | None


class CellRecord(TypedDict):
    """One finished run of one cell."""

    #: Counts the recorded runs of this kernel, from 1.
    run: int
    cell_id: str | None
    execution_count: int | None
    #: The first 16 hexadecimal digits of the SHA-256 of the cell's code: equal for a rerun of
    #: the same cell.
    code_digest: str
    #: Seconds since the epoch.
    started: float
    ended: float
    #: Whether the run raised no error.
    ok: bool
    devices: list[CellDevice]
    #: Names that the cell deleted or replaced.
    removed: list[RemovedName]


class _ClearReport(TypedDict, total=False):
    """What a ClearReport may lack."""

    #: Names of the holders that were released first.
    released: list[str]


class ClearReport(_ClearReport):
    """What one clear did."""

    devices: list[ClearedDevice]
    #: Objects that `gc.collect()` found unreachable; null if a cell did the clearing.
    collected_objects: int


class Gpu(TypedDict):
    """A GPU, or a MIG slice of one."""

    #: As PyTorch writes it, without `GPU-`.
    uuid: str
    #: The GPU that a slice is part of; null for a whole one.
    parent_uuid: str | None
    index: int
    name: str | None
    total_bytes: int | None
    used_bytes: int | None
    #: Whether the driver lists processes; none is an answer, too.
    is_listed: bool
    #: GPU memory in use that no listed process accounts for.
    other_bytes: int | None


class GpuShare(TypedDict):
    """What one process holds on one GPU."""

    #: The `uuid` of a GPU.
    uuid: str
    used_bytes: int | None


class _GpuProcess(TypedDict, total=False):
    """What a GpuProcess may lack."""

    #: What it was started as, without folders and arguments.
    program: str | None


class GpuProcess(_GpuProcess):
    """One process that uses a GPU."""

    pid: int
    kind: ProcessKind
    shares: list[GpuShare]
    #: False where the number means nothing here. The rest is then null or false, but for the
    #: driver's `command`.
    is_visible: bool
    user: str | None
    command: str | None
    #: Seconds since the epoch.
    started_s: float | None
    #: Whether it is the kernel that reports, or something that kernel started.
    is_own: bool
    #: Whether it is itself a Jupyter kernel.
    is_kernel: bool
    #: Jupyter's name for the kernel that it is or comes from.
    kernel_id: str | None
    kernel_pid: int | None
    #: The path of the notebook when its kernel was started.
    notebook: str | None
    leftover: Leftover | None
    #: What a request to stop it has to name; null if it is not to be stopped.
    identity: str | None
    why_not_stoppable: StopRefusal | None


class Survey(TypedDict):
    """Who uses the NVIDIA GPUs of the kernel's machine."""

    #: Seconds since the epoch, by the kernel's clock.
    time: float
    state: SurveyState
    #: What the driver said; may be empty.
    detail: str
    #: Null unless the state is `ok`.
    source: SurveySource | None
    gpus: list[Gpu]
    #: The biggest first.
    processes: list[GpuProcess]


class StopReport(TypedDict):
    """What one request to stop a process led to."""

    pid: int
    signal: StopSignal
    has_ended: bool
    #: Seconds until it may be killed.
    grace_s: float


class HeldShare(TypedDict):
    """What one holder holds on one device."""

    #: The `id` of a device.
    id: str
    bytes: int
    shared_bytes: int


class HeldPart(TypedDict):
    """The memory behind one attribute, key or item of a holder."""

    path: str
    bytes: int


class _Holder(TypedDict, total=False):
    """What a Holder may lack."""

    #: May be absent: unknown.
    promise: HolderPromise


class Holder(_Holder):
    """One thing that keeps device memory alive."""

    #: What a person types or recognizes: `Out[7]`, `history`, `helpers.CACHE`.
    name: str
    kind: HolderKind
    #: How to get from there to the first tensor; empty where there is no way.
    path: str
    #: Freed if only this holder is released.
    bytes: int
    #: Held by others, too, whom `also_held_by` names.
    shared_bytes: int
    also_held_by: list[str]
    tensor_count: int
    #: The `id` of the device on which it holds most.
    device: str
    devices: list[HeldShare]
    #: Reserved and unused, but not returnable while its tensors live.
    pinned_bytes: int
    #: A line of Python that releases it; null where there is none.
    release: str | None
    note: str | None
    parts: list[HeldPart]


class HeldTotals(TypedDict):
    """One device: what is allocated, and how much of it has a name."""

    #: The `id` of a device.
    id: str
    allocated_bytes: int
    #: Everything that has a holder, each byte once.
    named_bytes: int
    unattributed_bytes: int


class Holdings(TypedDict):
    """What one search for holders found."""

    #: The biggest first.
    holders: list[Holder]
    devices: list[HeldTotals]
    #: False where the time was up first: there may be more.
    is_complete: bool
    #: What the search took.
    seconds: float


class FreedDevice(TypedDict):
    """What one device gets back, where bytes that several holders share count once."""

    #: The `id` of a device.
    id: str
    #: Held by the chosen holders, and by no other.
    frees_bytes: int
    #: Held by others, too.
    stays_bytes: int
    #: Garbage, which is collected along.
    collected_bytes: int


class ReleasePreview(TypedDict):
    """What a release would do at the moment of the request."""

    #: To be sent back as `shown`; good for one release.
    token: str
    #: The holders that would be released.
    names: list[str]
    #: The lines of Python that do the same.
    code: list[str]
    #: What else comes with it, a sentence each.
    notes: list[str]
    #: Of what was asked for: what holds no device memory now.
    missing: list[str]
    #: Of what was asked for: what can't be released.
    stuck: list[str]
    devices: list[FreedDevice]
    #: Other holders of what stays, the largest first.
    kept_by: list[str]
    #: False where the time was up first: then the values are not certain.
    is_complete: bool
    #: Whether it was checked that nothing else holds what is freed.
    is_checked: bool


class FailureFacts(TypedDict):
    """What is known of an out-of-memory error only in the kernel."""

    #: What `PYTORCH_ALLOC_CONF`, or one of its older names, holds in the kernel's environment.
    allocator_settings: str | None


class _ModelFile(TypedDict, total=False):
    """What a ModelFile may lack."""

    #: JSON, of a config or of a safetensors header.
    text: str | None
    #: A GGUF header in base64, without long texts.
    data: str | None
    #: Of a model that is split over several files, the same of the other files, in their order.
    more: list[str]
    #: Bytes of the weight files beside a config.
    weights_bytes: int | None


class ModelFile(_ModelFile):
    """What a kernel found at a path."""

    #: What was read.
    path: str
    kind: ModelFileKind


class CachedModel(TypedDict):
    """A model in the kernel's Hugging Face cache."""

    name: str
    path: str


class CachedModels(TypedDict):
    """The models in the kernel's Hugging Face cache."""

    models: list[CachedModel]


class _AgentMessage(TypedDict, total=False):
    """What a AgentMessage may lack."""

    running: RunningCell | None
    #: With a push: the cell that ended last.
    finished: CellRecord | None
    #: Removed names whose memory is still alive.
    leaks: list[Leak]
    #: Oldest first. With `attached`: the latest. With a push: those that ended before
    #: `finished`.
    records: list[CellRecord]
    #: With `cleared`: what came back and what did not.
    clear: ClearReport | None
    #: With a push: the viewers whose lease has ended; it is the last for them.
    lapsed: list[str]
    #: With a push, for viewers who want to know: who uses the GPUs, when that has changed.
    processes: Survey | None
    #: With `answered`: the facts that the request asked for, a record of their own.
    answer: Any
    #: With `refused`: one plain sentence.
    reason: str | None


class AgentMessage(_AgentMessage):
    """One message from the agent: a push, or the answer to a request."""

    schema: int
    kind: MessageKind
    #: Changes whenever the agent starts anew, so after each restart of the kernel. Empty: the
    #: agent could not start.
    boot: str
    #: Grows by one with each message of one boot.
    sequence: int
    #: The version of the package.
    agent_version: str
    reading: Reading
