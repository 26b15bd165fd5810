"""Asking the driver through NVML, by way of ``nvidia-ml-py``."""

from __future__ import annotations

import importlib
import importlib.util
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .types import (
    MAX_PID,
    DriverAnswer,
    DriverError,
    Gpu,
    GpuUse,
    Numbered,
    bare_uuid,
    known_bytes,
    merged,
    process_bytes,
    state_of,
)

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

_LISTS: tuple[tuple[str, wire.ProcessKind], ...] = (
    ("nvmlDeviceGetComputeRunningProcesses", "compute"),
    ("nvmlDeviceGetMPSComputeRunningProcesses", "compute"),
    ("nvmlDeviceGetGraphicsRunningProcesses", "graphics"),
)


@dataclass(frozen=True)
class _Part:
    """A GPU, or a slice of the GPU whose UUID is ``parent``."""

    handle: Any
    uuid: str
    parent: str | None
    index: int


def load() -> Any:
    """Load and start the binding.

    Raises:
        DriverError: if it is missing, or no use with this driver.
    """
    try:
        is_here = importlib.util.find_spec("pynvml") is not None
        module: Any = importlib.import_module("pynvml") if is_here else None
        if is_here:
            module.nvmlInit()
    except Exception as error:
        raise _failure(error) from error
    if not is_here:
        raise DriverError("no-tool")
    return module


def ask(nvml: Any) -> DriverAnswer:
    """List every GPU and slice, and every process on them.

    Raises:
        DriverError: if nothing can be told, or what is told can't be true.
    """
    gpus: list[Gpu] = []
    uses: list[GpuUse] = []
    for part in _parts(nvml):
        found = None
        # One lost GPU does not make the others unknown.
        with suppress(Exception):
            found = _uses(nvml, part)
        gpus.append(_describe(nvml, part, is_listed=found is not None))
        uses += found or []
    if not gpus:
        raise DriverError("no-devices")
    for use in uses:
        if not 0 < use.pid <= MAX_PID:
            # The binding and the driver disagree on how a list is laid out.
            raise DriverError("mismatch", f"NVML lists a process {use.pid}")
    return DriverAnswer("nvml", tuple(gpus), merged(uses))


def look(nvml: Any, pid: int) -> tuple[list[GpuUse], dict[str, int]]:
    """Return what one process uses of each GPU, and by UUID what is free; ask for little else."""
    uses: list[GpuUse] = []
    free: dict[str, int] = {}
    for part in _parts(nvml):
        with suppress(Exception):
            compute = nvml.nvmlDeviceGetComputeRunningProcesses(part.handle)
            uses += [_use(part.uuid, each, "compute") for each in compute if each.pid == pid]
        with suppress(Exception):
            # Less than total less used: the driver keeps some for itself.
            free[part.uuid] = _memory(nvml, part.handle).free
    return uses, free


def numbers(nvml: Any) -> list[Numbered]:
    """Return the number of every GPU and slice.

    Raises:
        DriverError: if nothing can be told.
    """
    return [Numbered(part.uuid, part.parent, part.index) for part in _parts(nvml)]


def _parts(nvml: Any) -> list[_Part]:
    parts = []
    try:
        count = nvml.nvmlDeviceGetCount()
    except Exception as error:
        raise _failure(error) from error
    for index in range(count):
        with suppress(Exception):
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            whole = _Part(handle, _uuid(nvml, handle), None, index)
            parts += [whole, *_slices(nvml, whole)]
    return parts


def _slices(nvml: Any, whole: _Part) -> list[_Part]:
    found = []
    # Older bindings, and GPUs that can't be sliced, know nothing of it.
    with suppress(Exception):
        for index in range(nvml.nvmlDeviceGetMaxMigDeviceCount(whole.handle)):
            with suppress(Exception):
                handle = nvml.nvmlDeviceGetMigDeviceHandleByIndex(whole.handle, index)
                found.append(_Part(handle, _uuid(nvml, handle), whole.uuid, index))
    return found


def _describe(nvml: Any, part: _Part, *, is_listed: bool) -> Gpu:
    name = total = used = None
    with suppress(Exception):
        name = _text(nvml.nvmlDeviceGetName(part.handle))
    with suppress(Exception):
        memory = _memory(nvml, part.handle)
        total, used = known_bytes(memory.total), known_bytes(memory.used)
    return Gpu(part.uuid, part.parent, part.index, name, total, used, is_listed)


def _memory(nvml: Any, handle: Any) -> Any:
    # Only the second version leaves what the driver itself reserves out of *used*.
    with suppress(Exception):
        return nvml.nvmlDeviceGetMemoryInfo(handle, version=nvml.nvmlMemory_v2)
    return nvml.nvmlDeviceGetMemoryInfo(handle)


def _uses(nvml: Any, part: _Part) -> list[GpuUse] | None:
    found, is_listed = [], False
    for function, kind in _LISTS:
        with suppress(Exception):
            processes = getattr(nvml, function)(part.handle)
            found += [_use(part.uuid, each, kind) for each in processes]
            is_listed = is_listed or kind == "compute"
    return found if is_listed else None


def _use(uuid: str, process: Any, kind: wire.ProcessKind) -> GpuUse:
    return GpuUse(uuid, int(process.pid), process_bytes(process.usedGpuMemory), kind)


def _uuid(nvml: Any, handle: Any) -> str:
    return bare_uuid(_text(nvml.nvmlDeviceGetUUID(handle)))


def _text(value: str | bytes) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _failure(error: Exception) -> DriverError:
    return DriverError(state_of(getattr(error, "value", None)), str(error))
