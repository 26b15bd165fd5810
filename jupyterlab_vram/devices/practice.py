"""The practice device: torch on the CPU stands in for a GPU.

It counts what the C allocator took from the system in large blocks, so memory
that only an autograd graph holds counts too, and so does a large array of
another library. Like PyTorch's caching allocator it keeps what was freed as
*reserved*, until :func:`empty_cache`; that cache is pretended, the allocated
figure is real. It is off unless asked for.
"""

from __future__ import annotations

import ctypes
import os
import platform
import threading
from typing import TYPE_CHECKING

from jupyterlab_vram.process_state import process_wide

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

DEVICE_ID = "practice"
DEFAULT_SIZE_BYTES = 4 << 30
#: Set to ``1`` to switch the device on as soon as the package is loaded.
ENVIRONMENT_VARIABLE = "JUPYTERLAB_VRAM_PRACTICE"

#: Smaller blocks are not counted: they come from the C heap, with everything else.
SMALLEST_BLOCK_BYTES = 256 << 10

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_TRIM_THRESHOLD_BYTES = 128 << 10
#: Less than half of the smallest block: what two neighbors leave free is no such block.
_PLUG_BYTES = 120 << 10
_PLUGS_AT_ONCE, _MAX_PLUGS = 16, 16_384
_FIELDS = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"


class _MallInfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS.split()]


class PracticeUnavailableError(RuntimeError):
    """Raised where the C library cannot count its large blocks."""


class _Device:
    """The counters of the one practice device of this process."""

    def __init__(self, size_bytes: int) -> None:
        if platform.libc_ver()[0] != "glibc":
            raise PracticeUnavailableError("The practice device needs Linux with glibc 2.33")
        libc = ctypes.CDLL(None)
        if not hasattr(libc, "mallinfo2"):
            raise PracticeUnavailableError("The practice device needs glibc 2.33 or newer")
        self._mallinfo2 = libc.mallinfo2
        self._mallinfo2.restype = _MallInfo2
        self._malloc, self._realloc = libc.malloc, libc.realloc
        self._malloc.restype = self._realloc.restype = ctypes.c_void_p
        self._malloc.argtypes = [ctypes.c_size_t]
        self._realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        # A fixed threshold: glibc otherwise raises it as large blocks are freed,
        # and blocks below the threshold are not counted in `hblkhd`.
        libc.mallopt(_M_MMAP_THRESHOLD, SMALLEST_BLOCK_BYTES)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD_BYTES)
        libc.malloc_trim(0)
        self._split_free_space()
        #: A figure that one thread took must not be noted after another emptied the cache.
        self._noting = threading.Lock()
        self.size_bytes = size_bytes
        self.reserved_bytes = 0
        self.peak_allocated_bytes = 0
        self.peak_reserved_bytes = 0

    def allocated_bytes(self) -> int:
        """Count the large blocks that are taken now."""
        with self._noting:
            return self._note()

    def empty_cache(self) -> None:
        with self._noting:
            self.reserved_bytes = 0
            self._split_free_space()
            self._note()

    def reset_peaks(self) -> None:
        with self._noting:
            self.peak_allocated_bytes = self.peak_reserved_bytes = 0
            self._note()

    def _split_free_space(self) -> None:
        """Leave no free space of a large block's size in the C heap.

        A heap that was large has such space, and what fits there is taken from it and not
        counted. So the space is filled until the heap has to grow, and each filling shrunk to
        a few bytes, which stay.
        """
        heap_bytes = self._mallinfo2().arena
        plugs: list[int] = []
        while len(plugs) < _MAX_PLUGS and self._mallinfo2().arena <= heap_bytes:
            plugs += [self._malloc(_PLUG_BYTES) for _ in range(_PLUGS_AT_ONCE)]
        for plug in plugs:
            self._realloc(plug, 1)

    def _note(self) -> int:
        allocated = int(self._mallinfo2().hblkhd)
        self.reserved_bytes = max(self.reserved_bytes, allocated)
        self.peak_allocated_bytes = max(self.peak_allocated_bytes, allocated)
        self.peak_reserved_bytes = max(self.peak_reserved_bytes, self.reserved_bytes)
        return allocated


_state: dict[str, _Device] = process_wide("practice", dict)


def switch_on(size_bytes: int = DEFAULT_SIZE_BYTES) -> None:
    """Switch the practice device on, or change its pretended size.

    Raises:
        PracticeUnavailableError: without glibc 2.33 or newer.
    """
    if size_bytes <= 0:
        raise ValueError(f"The size must be positive, got {size_bytes} bytes")
    device = _state.get(DEVICE_ID)
    if device is None:
        _state[DEVICE_ID] = _Device(size_bytes)
    else:
        device.size_bytes = size_bytes


def switch_off() -> None:
    """Switch the practice device off."""
    _state.clear()


def is_on() -> bool:
    """Whether the practice device is on."""
    return DEVICE_ID in _state


def empty_cache() -> None:
    """Give the pretended cache back, as ``torch.cuda.empty_cache()`` does on a GPU."""
    device = _state.get(DEVICE_ID)
    if device is not None:
        device.empty_cache()


def reset_peaks() -> None:
    """Let the peaks begin anew, as ``torch.cuda.reset_peak_memory_stats()`` does on a GPU."""
    device = _state.get(DEVICE_ID)
    if device is not None:
        device.reset_peaks()


def counters() -> tuple[int, int] | None:
    """Return allocated and reserved bytes, or None when the device is off."""
    device = _state.get(DEVICE_ID)
    if device is None:
        return None
    allocated = device.allocated_bytes()
    return allocated, device.reserved_bytes


def describe() -> wire.DeviceReading | None:
    """Return the device as one entry of a reading's ``devices``, or None when off."""
    device = _state.get(DEVICE_ID)
    if device is None:
        return None
    allocated = device.allocated_bytes()
    reserved = device.reserved_bytes
    return {
        "id": DEVICE_ID,
        "kind": "practice",
        "index": 0,
        "name": "Practice device",
        "uuid": None,
        "driver_index": None,
        "driver_slice": None,
        "allocated_bytes": allocated,
        "reserved_bytes": reserved,
        "peak_allocated_bytes": device.peak_allocated_bytes,
        "peak_reserved_bytes": device.peak_reserved_bytes,
        "pinned_bytes": 0,
        "free_bytes": max(0, device.size_bytes - reserved),
        "total_bytes": device.size_bytes,
        "process_bytes": reserved,
        "compute_capability": None,
    }


def switch_on_if_asked() -> None:
    """Switch on when the environment asks for it; stay off where it can't work."""
    if os.environ.get(ENVIRONMENT_VARIABLE) == "1" and not is_on():
        try:
            switch_on()
        except PracticeUnavailableError:
            return
