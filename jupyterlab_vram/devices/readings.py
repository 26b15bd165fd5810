"""Take readings: what each device of this kernel holds, without touching any.

A reading never imports torch, never initializes a device, never makes a CUDA
context, allocates no device memory and empties no cache. Every figure is in
bytes; ``None`` means unknown.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Callable, NamedTuple

from jupyterlab_vram.deadline import silence_s, with_deadline

from . import driver, numbering, practice, torch_private
from .backends import (
    Stats,
    families,
    free_and_total,
    mps_figures,
    mps_of,
    of_each_device,
    question,
    stats_of,
)
from .torch_access import driver_is_missing, gpu_build, is_capturing, loaded_torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyterlab_vram import wire_types as wire

#: Characters of an error's text that a reading passes on.
_MAX_DETAIL = 1000
#: How often a device is read until its figures are of one moment.
_MAX_TRIES = 3
#: How long to wait for a driver to take memory back.
_EMPTYING_S = 10.0


#: Once for each torch: what it defines does not change.
_lacking = lru_cache(maxsize=1)(torch_private.probe)


class Allocation(NamedTuple):
    """The cheap part of a reading: one device's allocator counters, in bytes."""

    device: str
    allocated: int
    reserved: int
    #: torch's own peak counter; None where the device has none.
    peak_allocated: int | None


def take_reading(capturing: bool | None = None, unsupported: Sequence[str] = ()) -> wire.Reading:
    """Take one reading of every device.

    Args:
        capturing: whether a CUDA graph is being captured, where the caller knows;
            torch can tell only about the calling thread's current stream.
        unsupported: keys of what the host's version lacks, see ``Host.probe``.

    Returns:
        A JSON-serialisable dictionary with ``time`` (seconds since the epoch),
        ``state``, ``detail``, ``torch_version``, ``pid``, ``capturing``,
        ``unsupported`` (what the versions of the host and of torch lack) and
        ``devices``. It never raises: what goes wrong is in ``state`` and ``detail``.
        A device that can't be read, as after a hardware error, is left out and
        named in ``detail``, unless none can be read.
    """
    result: wire.Reading = {
        "time": time.time(),
        "state": "no-torch",
        "detail": None,
        "torch_version": None,
        "pid": os.getpid(),
        "capturing": False,
        "unsupported": [*unsupported],
        "devices": [],
    }
    try:
        torch = loaded_torch()
        practice_device = practice.describe()
        if practice_device is not None:
            result["devices"].append(practice_device)
        if torch is not None:
            result["torch_version"] = str(torch.__version__)
            result["unsupported"] += _lacking(torch)
            result["capturing"] = is_capturing(torch) if capturing is None else capturing
            devices, lost = _torch_devices(torch)
            result["devices"] += devices
            result["detail"] = "; ".join(lost)[:_MAX_DETAIL] or None
        result["state"] = "ok" if result["devices"] else _why_no_device(torch)
    except Exception as error:
        result.update({"state": "error", "detail": _text_of(error), "devices": []})
    return result


def allocations() -> list[Allocation]:
    """Read the allocator counters alone, for the hooks around a cell and for peaks.

    Raises:
        Exception: whatever torch raises, if no device can be read.
    """
    found = []
    counters = practice.counters()
    if counters is not None:
        # Its peak is no counter of the allocator's, but the largest value seen.
        found.append(Allocation(practice.DEVICE_ID, *counters, None))
    torch = loaded_torch()
    if torch is None:
        return found
    counted, failures = of_each_device(torch, _allocation)
    found += counted
    if failures and not counted:
        raise failures[0][1]
    mps = mps_of(torch)
    if mps is not None:
        allocated, reserved = mps_figures(mps)
        found.append(Allocation("mps", allocated, reserved, None))
    return found


def _allocation(kind: str, family: Any, index: int) -> Allocation:
    stats = stats_of(family, index)
    return Allocation(
        f"{kind}:{index}",
        stats.current("allocated_bytes"),
        stats.current("reserved_bytes"),
        stats.peak("allocated_bytes"),
    )


def device_types() -> set[str]:
    """Return the ``torch.device.type`` of the devices that readings are about."""
    types = {"cpu"} if practice.is_on() else set()
    torch = loaded_torch()
    if torch is not None:
        types |= {kind for kind, _ in families(torch)}
        if mps_of(torch) is not None:
            types.add("mps")
    return types


def device_id(device: Any) -> str:
    """Return the ``id`` that readings give to a ``torch.device``."""
    if device.type == "cpu":
        return practice.DEVICE_ID
    return "mps" if device.type == "mps" else f"{device.type}:{device.index or 0}"


def empty_caches() -> None:
    """Hand every allocator's unused blocks back to its driver.

    Raises:
        SilentError: if a driver does not take them in time; it may do so later.
    """
    practice.empty_cache()
    torch = loaded_torch()
    if torch is None:
        return
    for kind, family in families(torch):
        with_deadline(f"empty the cache of {kind}", _EMPTYING_S, family.empty_cache)
    mps = mps_of(torch)
    if mps is not None:
        mps.empty_cache()


def reset_peaks() -> None:
    """Let torch's own peak counters begin anew; what the person reads from them changes.

    Never raises: where a counter can't be reset, a peak is a lower bound as ever.
    """
    practice.reset_peaks()
    torch = loaded_torch()
    with suppress(Exception):
        for _, family in families(torch) if torch is not None else ():
            for index in range(family.device_count()):
                family.reset_peak_memory_stats(index)


def _torch_devices(torch: Any) -> tuple[list[wire.DeviceReading], list[str]]:
    """Return the devices, and one text for each that does not answer.

    Raises:
        Exception: if there are devices and none answers.
    """
    devices, failures = of_each_device(torch, partial(_allocator_device, torch))
    mps = mps_of(torch)
    if mps is not None:
        devices.append(_mps_device(mps))
    if failures and not devices:
        raise failures[0][1]
    lost = [f"{numbering.label(device)}: {_text_of(error)}" for device, error in failures]
    return devices, lost + _silences(torch)


def _silences(torch: Any) -> list[str]:
    """Say which questions a driver does not answer."""
    found = []
    for kind, family in families(torch):
        for index in range(family.device_count()):
            age_s = silence_s(question(kind, index))
            if age_s is not None:
                what = "What is free is unknown; the driver has not answered"
                found.append(f"{numbering.label(f'{kind}:{index}')}: {what} for {age_s:.0f} s.")
    age_s = driver.silence_s()
    return found if age_s is None else [*found, f"The driver has not answered for {age_s:.0f} s."]


def _allocator_device(
    torch: Any, kind: wire.DeviceKind, family: Any, index: int
) -> wire.DeviceReading:
    properties = family.get_device_properties(index)
    uuid = _or_none(lambda: str(properties.uuid))
    stats, free, total = _figures_of_one_moment(torch, kind, family, index)
    view = driver.View(stats.current("reserved_bytes"), free)
    if free is None and kind == "cuda":
        free = driver.free_bytes(uuid)
    place = numbering.place_of(uuid)
    return {
        "id": f"{kind}:{index}",
        "kind": "hip" if kind == "cuda" and getattr(torch.version, "hip", None) else kind,
        "index": index,
        "name": str(properties.name),
        "uuid": uuid,
        "driver_index": None if place is None else place.gpu,
        "driver_slice": None if place is None else place.mig_slice,
        "allocated_bytes": stats.current("allocated_bytes"),
        "reserved_bytes": stats.current("reserved_bytes"),
        "peak_allocated_bytes": stats.peak("allocated_bytes"),
        "peak_reserved_bytes": stats.peak("reserved_bytes"),
        # XPU's allocator does not tell.
        "pinned_bytes": stats.current_or_none("inactive_split_bytes"),
        "free_bytes": free,
        "total_bytes": int(properties.total_memory) if total is None else total,
        "process_bytes": driver.process_bytes(uuid, view),
        "compute_capability": _compute_capability(torch, kind, properties),
    }


def _figures_of_one_moment(
    torch: Any, kind: str, family: Any, index: int
) -> tuple[Stats, int | None, int | None]:
    """Return the allocator's counters with what is free and the size, in bytes.

    A cell on another thread may reserve memory between the two questions; then they
    are asked again, a few times at most.
    """
    stats = stats_of(family, index)
    for _ in range(_MAX_TRIES):
        free, total = free_and_total(torch, kind, family, index)
        if free is None:
            break
        before, stats = stats, stats_of(family, index)
        if before.current("reserved_bytes") == stats.current("reserved_bytes"):
            break
    return stats, free, total


def _compute_capability(torch: Any, kind: str, properties: Any) -> list[int] | None:
    # ROCm fills the same fields with numbers of its own.
    if kind != "cuda" or getattr(torch.version, "hip", None):
        return None
    found: list[int] | None = _or_none(lambda: [int(properties.major), int(properties.minor)])
    return found


def _mps_device(mps: Any) -> wire.DeviceReading:
    allocated, reserved = mps_figures(mps)
    return {
        "id": "mps",
        "kind": "mps",
        "index": 0,
        "name": "Apple GPU",
        "uuid": None,
        "driver_index": None,
        "driver_slice": None,
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


def _why_no_device(torch: Any) -> wire.ReadingState:
    if torch is None:
        return "no-torch"
    build = gpu_build(torch)
    if build is None:
        return "torch-without-gpu"
    return "no-driver" if driver_is_missing(build) else "not-initialized"


def _or_none(ask: Callable[[], Any]) -> Any:
    """Return what ``ask`` returns, or None where this torch or driver can't tell."""
    try:
        return ask()
    except Exception:
        return None


def _text_of(error: Exception) -> str:
    return f"{type(error).__name__}: {_or_none(lambda: str(error))}"[:_MAX_DETAIL]
