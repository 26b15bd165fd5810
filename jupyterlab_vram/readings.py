"""Take readings: what each device of this kernel holds, without touching any.

A reading never imports torch, never initialises a device, never makes a CUDA
context, allocates no device memory and empties no cache. Every figure is in
bytes; ``None`` means unknown.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any, Callable, NamedTuple

from . import driver, practice
from .torch_access import driver_is_missing, gpu_build, is_capturing, loaded_torch

Device = dict[str, Any]

#: Characters of an error's text that a reading passes on.
_MAX_DETAIL = 1000


class Allocation(NamedTuple):
    """The cheap part of a reading: one device's allocator counters, in bytes."""

    device: str
    allocated: int
    reserved: int
    #: torch's own peak counter; None where the device has none.
    peak_allocated: int | None


def take_reading(capturing: bool | None = None) -> dict[str, Any]:
    """Take one reading of every device.

    Args:
        capturing: whether a CUDA graph is being captured, where the caller knows;
            torch can tell only about the calling thread's current stream.

    Returns:
        A JSON-serialisable dictionary with ``time`` (seconds since the epoch),
        ``state``, ``detail``, ``torch_version``, ``pid``, ``capturing`` and
        ``devices``. It never raises: what goes wrong is in ``state`` and ``detail``.
    """
    result: dict[str, Any] = {
        "time": time.time(),
        "state": "no-torch",
        "detail": None,
        "torch_version": None,
        "pid": os.getpid(),
        "capturing": False,
        "devices": [],
    }
    try:
        torch = loaded_torch()
        practice_device = practice.describe()
        if practice_device is not None:
            result["devices"].append(practice_device)
        if torch is not None:
            result["torch_version"] = str(torch.__version__)
            result["capturing"] = is_capturing(torch) if capturing is None else capturing
            result["devices"] += _torch_devices(torch)
        result["state"] = "ok" if result["devices"] else _why_no_device(torch)
    except Exception as error:
        result.update(state="error", detail=_text_of(error), devices=[])
    return result


def allocations() -> list[Allocation]:
    """Read the allocator counters alone, for the hooks around a cell and for peaks.

    Raises:
        Exception: whatever torch raises, such as for a device that is gone.
    """
    found = []
    counters = practice.counters()
    if counters is not None:
        # Its peak is no counter of the allocator's, but the largest value seen.
        found.append(Allocation(practice.DEVICE_ID, *counters, None))
    torch = loaded_torch()
    if torch is None:
        return found
    for kind, family in _families(torch):
        for index in range(family.device_count()):
            stats = _stats(family, index)
            found.append(
                Allocation(
                    f"{kind}:{index}",
                    stats.current("allocated_bytes"),
                    stats.current("reserved_bytes"),
                    stats.peak("allocated_bytes"),
                )
            )
    mps = _mps(torch)
    if mps is not None:
        allocated, reserved = _mps_figures(mps)
        found.append(Allocation("mps", allocated, reserved, None))
    return found


def device_types() -> set[str]:
    """Return the ``torch.device.type`` of the devices that readings are about."""
    types = {"cpu"} if practice.is_on() else set()
    torch = loaded_torch()
    if torch is not None:
        types |= {kind for kind, _ in _families(torch)}
        if _mps(torch) is not None:
            types.add("mps")
    return types


def device_id(device: Any) -> str:
    """Return the ``id`` that readings give to a ``torch.device``."""
    if device.type == "cpu":
        return practice.DEVICE_ID
    return "mps" if device.type == "mps" else f"{device.type}:{device.index or 0}"


def empty_caches() -> None:
    """Hand every allocator's unused blocks back to its driver."""
    practice.empty_cache()
    torch = loaded_torch()
    if torch is None:
        return
    for _, family in _families(torch):
        family.empty_cache()
    mps = _mps(torch)
    if mps is not None:
        mps.empty_cache()


def reset_peaks() -> None:
    """Let torch's own peak counters begin anew; what the person reads from them changes.

    Never raises: where a counter can't be reset, a peak is a lower bound as ever.
    """
    practice.reset_peaks()
    torch = loaded_torch()
    with suppress(Exception):
        for _, family in _families(torch) if torch is not None else ():
            for index in range(family.device_count()):
                family.reset_peak_memory_stats(index)


class _Stats:
    """torch's nested allocator statistics of one device."""

    def __init__(self, nested: Any) -> None:
        self._nested = nested

    def _value(self, name: str, which: str) -> int:
        return int(self._nested.get(name, {}).get("all", {}).get(which, 0))

    def current(self, name: str) -> int:
        return self._value(name, "current")

    def current_or_none(self, name: str) -> int | None:
        return self._value(name, "current") if name in self._nested else None

    def peak(self, name: str) -> int:
        return self._value(name, "peak")


def _stats(family: Any, index: int) -> _Stats:
    # The nested dictionary is what C++ hands over; `memory_stats` would flatten
    # and sort it first, which costs more than all the rest of a reading.
    return _Stats(family.memory_stats_as_nested_dict(index))


def _families(torch: Any) -> list[tuple[str, Any]]:
    """List the initialised device families that share torch's caching allocator API."""
    families = []
    for kind in ("cuda", "xpu"):
        family = getattr(torch, kind, None)
        if family is not None and family.is_initialized():
            families.append((kind, family))
    return families


def _mps(torch: Any) -> Any | None:
    """Return ``torch.mps`` on an Apple GPU, else None."""
    mps = getattr(torch, "mps", None)
    backend = getattr(torch.backends, "mps", None)
    usable = mps is not None and backend is not None and backend.is_available()
    return mps if usable else None


def _mps_figures(mps: Any) -> tuple[int, int]:
    """Return the bytes in live tensors and those taken from Metal."""
    return int(mps.current_allocated_memory()), int(mps.driver_allocated_memory())


def _torch_devices(torch: Any) -> list[Device]:
    devices = [
        _allocator_device(torch, kind, family, index)
        for kind, family in _families(torch)
        for index in range(family.device_count())
    ]
    mps = _mps(torch)
    if mps is not None:
        devices.append(_mps_device(mps))
    return devices


def _allocator_device(torch: Any, kind: str, family: Any, index: int) -> Device:
    stats = _stats(family, index)
    properties = family.get_device_properties(index)
    uuid = _or_none(lambda: str(properties.uuid))
    free, total = _free_and_total(torch, kind, family, index)
    return {
        "id": f"{kind}:{index}",
        "kind": "hip" if kind == "cuda" and getattr(torch.version, "hip", None) else kind,
        "index": index,
        "name": str(properties.name),
        "uuid": uuid,
        "allocated_bytes": stats.current("allocated_bytes"),
        "reserved_bytes": stats.current("reserved_bytes"),
        "peak_allocated_bytes": stats.peak("allocated_bytes"),
        "peak_reserved_bytes": stats.peak("reserved_bytes"),
        # XPU's allocator does not tell.
        "pinned_bytes": stats.current_or_none("inactive_split_bytes"),
        "free_bytes": free,
        "total_bytes": int(properties.total_memory) if total is None else total,
        "process_bytes": driver.process_bytes(uuid, stats.current("reserved_bytes")),
        "compute_capability": _compute_capability(torch, kind, properties),
    }


def _compute_capability(torch: Any, kind: str, properties: Any) -> list[int] | None:
    # ROCm fills the same fields with numbers of its own.
    if kind != "cuda" or getattr(torch.version, "hip", None):
        return None
    found: list[int] | None = _or_none(lambda: [int(properties.major), int(properties.minor)])
    return found


def _free_and_total(
    torch: Any, kind: str, family: Any, index: int
) -> tuple[int | None, int | None]:
    # Asking the driver about a device this process never used would make a
    # context there, which costs hundreds of MiB.
    has_context = getattr(torch._C, "_cuda_hasPrimaryContext", None)  # noqa: SLF001
    if kind == "cuda" and (has_context is None or not has_context(index)):
        return None, None
    answer = _or_none(lambda: family.mem_get_info(index))
    return (int(answer[0]), int(answer[1])) if answer is not None else (None, None)


def _mps_device(mps: Any) -> Device:
    allocated, reserved = _mps_figures(mps)
    return {
        "id": "mps",
        "kind": "mps",
        "index": 0,
        "name": "Apple GPU",
        "uuid": None,
        "allocated_bytes": allocated,
        "reserved_bytes": reserved,
        "peak_allocated_bytes": None,
        "peak_reserved_bytes": None,
        "pinned_bytes": None,
        "free_bytes": None,
        "total_bytes": _or_none(lambda: int(mps.recommended_max_memory())),
        "process_bytes": None,
        "compute_capability": None,
    }


def _why_no_device(torch: Any) -> str:
    if torch is None:
        return "no-torch"
    build = gpu_build(torch)
    if build is None:
        return "torch-without-gpu"
    return "no-driver" if driver_is_missing(build) else "not-initialised"


def _or_none(ask: Callable[[], Any]) -> Any:
    """Return what ``ask`` returns, or None where this torch or driver can't tell."""
    try:
        return ask()
    except Exception:
        return None


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {_or_none(lambda: str(error))}"[:_MAX_DETAIL]
