"""torch's families of devices, and the counters of their allocators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, TypeVar

from jupyterlab_vram.deadline import with_deadline

from . import torch_private

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

T = TypeVar("T")

#: How long to wait for what is free on a device.
_FREE_S = 1.0


class Stats:
    """torch's nested allocator statistics of one device."""

    def __init__(self, nested: Any) -> None:
        self._nested = nested

    def _value(self, name: str, which: str) -> int:
        return int(self._nested.get(name, {}).get("all", {}).get(which, 0))

    def current(self, name: str) -> int:
        """Return a counter's value now; 0 where this allocator does not keep it."""
        return self._value(name, "current")

    def current_or_none(self, name: str) -> int | None:
        """Return a counter's value now; None where this allocator does not keep it."""
        return self._value(name, "current") if name in self._nested else None

    def peak(self, name: str) -> int:
        """Return the most that a counter has been since it was reset."""
        return self._value(name, "peak")


def stats_of(family: Any, index: int) -> Stats:
    """Return the statistics of one device of a family."""
    # The nested dictionary is what C++ hands over; `memory_stats` would flatten
    # and sort it first, which costs more than all the rest of a reading.
    return Stats(family.memory_stats_as_nested_dict(index))


def families(torch: Any) -> list[tuple[wire.DeviceKind, Any]]:
    """List the initialized device families that share torch's caching allocator API."""
    sharing: tuple[wire.DeviceKind, ...] = ("cuda", "xpu")
    families = []
    for kind in sharing:
        family = getattr(torch, kind, None)
        if family is not None and family.is_initialized():
            families.append((kind, family))
    return families


def mps_of(torch: Any) -> Any | None:
    """Return ``torch.mps`` on an Apple GPU, else None."""
    mps = getattr(torch, "mps", None)
    backend = getattr(torch.backends, "mps", None)
    usable = mps is not None and backend is not None and backend.is_available()
    return mps if usable else None


def mps_figures(mps: Any) -> tuple[int, int]:
    """Return the bytes in live tensors and those taken from Metal."""
    return int(mps.current_allocated_memory()), int(mps.driver_allocated_memory())


def of_each_device(
    torch: Any, read: Callable[[wire.DeviceKind, Any, int], T]
) -> tuple[list[T], list[tuple[str, Exception]]]:
    """Call ``read`` for each device of the families that share torch's allocator API.

    Returns:
        What it returned, and, by the device's id, what it raised: one device
        that fell off the bus does not hide the others.
    """
    found: list[T] = []
    failures: list[tuple[str, Exception]] = []
    for kind, family in families(torch):
        for index in range(family.device_count()):
            try:
                found.append(read(kind, family, index))
            except Exception as error:  # noqa: PERF203 - each by itself
                failures.append((f"{kind}:{index}", error))
    return found, failures


def question(kind: str, index: int) -> str:
    """Name the question what is free on a device, for :mod:`~jupyterlab_vram.deadline`."""
    return f"what is free on {kind}:{index}"


def free_and_total(torch: Any, kind: str, family: Any, index: int) -> tuple[int | None, int | None]:
    """Return what is free on a whole device and its size, in bytes, as this process sees it.

    None where that is unknown, as on a GPU that this process has not used: asking
    the driver would make a context there, which costs hundreds of MiB.
    """
    if kind == "cuda" and not torch_private.has_context(torch, index):
        return None, None
    try:
        # On a thread of its own: where a GPU is lost, this may never return.
        free, total = with_deadline(
            question(kind, index), _FREE_S, lambda: family.mem_get_info(index)
        )
        return int(free), int(total)
    except Exception:
        return None, None
