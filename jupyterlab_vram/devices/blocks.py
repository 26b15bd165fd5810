"""How much of a device's allocated memory each storage takes, to the byte.

On CUDA the allocator's own list of blocks tells, private pools and pinned
segments included. On the practice device the C library's header before each
block does. Elsewhere a storage takes what it says.
"""

from __future__ import annotations

import os
import struct
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import practice
from .readings import allocations
from .torch_access import loaded_torch
from .torch_private import ROUNDING_BYTES

if TYPE_CHECKING:
    from .tensors import Storage

_PAGE_BYTES = 4096
_HEADER_BYTES = 16
_IS_MMAPPED = 0b10
_FLAGS = 0b111


@dataclass
class Segment:
    """One piece of memory that the allocator took from the driver."""

    total_bytes: int
    active_bytes: int
    #: The private pool that it belongs to; None for the common one.
    pool: tuple[int, int] | None
    #: Its unused pages can be returned, whatever lives in it.
    is_expandable: bool = False
    #: The stream for which it was taken, as an address.
    stream: int = 0


@dataclass
class Blocks:
    """The blocks of one device that are allocated, in the order of their addresses."""

    starts: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    #: What was asked for, before rounding.
    requested: list[int] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    #: All segments of private pools, also those without a live block.
    private: list[Segment] = field(default_factory=list)

    def at(self, address: int) -> int | None:
        """Return the place of the block that contains ``address``."""
        place = bisect_right(self.starts, address) - 1
        if place < 0 or address >= self.starts[place] + self.sizes[place]:
            return None
        return place


class Memory:
    """What is allocated on each device now, and by which blocks where that is known."""

    def __init__(self) -> None:
        """Read the counters and, where there are any, the blocks.

        Raises:
            Exception: whatever torch raises, such as for a device that is gone.
        """
        self._own: OwnMemory | None = None
        self.blocks = _cuda_blocks()
        self.allocated_bytes = {each.device: each.allocated for each in allocations()}
        for device, blocks in self.blocks.items():
            # Of the same moment as the blocks.
            self.allocated_bytes[device] = sum(blocks.sizes)

    def block_of(self, storage: Storage) -> int | None:
        """Return the place of the block of a storage, where blocks are known."""
        blocks = self.blocks.get(storage.device)
        return None if blocks is None else blocks.at(storage.address)

    def taken_bytes(self, storage: Storage) -> int:
        """Return what a storage takes of its device's allocated bytes; 0 if it is not counted."""
        blocks = self.blocks.get(storage.device)
        if blocks is not None:
            place = blocks.at(storage.address)
            return 0 if place is None else blocks.sizes[place]
        if storage.device == practice.DEVICE_ID:
            if self._own is None:
                self._own = OwnMemory()
            return _mapped_bytes(self._own, storage)
        if storage.device.startswith("xpu"):
            return -(-storage.nbytes // ROUNDING_BYTES) * ROUNDING_BYTES
        return storage.nbytes


def _cuda_blocks() -> dict[str, Blocks]:
    torch = loaded_torch()
    if torch is None or not torch.cuda.is_initialized():
        return {}
    try:
        segments = torch.cuda.memory_snapshot()
    except Exception:
        # Another allocator than PyTorch's own.
        return {}
    found: dict[str, Blocks] = {}
    for segment in sorted(segments, key=lambda each: int(each["address"])):
        _add_segment(found.setdefault(f"cuda:{segment['device']}", Blocks()), segment)
    return {device: blocks for device, blocks in found.items() if blocks.starts or blocks.private}


def _add_segment(blocks: Blocks, segment: dict[str, Any]) -> None:
    address = int(segment["address"])
    owner = segment.get("segment_pool_id", (0, 0))
    pool = tuple(owner) if tuple(owner) != (0, 0) else None
    total, active = int(segment["total_size"]), int(segment["allocated_size"])
    is_expandable = bool(segment.get("is_expandable", False))
    kept = Segment(total, active, pool, is_expandable, int(segment.get("stream", 0)))
    if pool is not None:
        blocks.private.append(kept)
    for block in segment["blocks"]:
        size = int(block["size"])
        if block["state"] == "active_allocated":
            blocks.starts.append(address)
            blocks.sizes.append(size)
            blocks.requested.append(int(block.get("requested_size", size)))
            blocks.segments.append(kept)
        address += size


class OwnMemory:
    """Reads this process's memory by its address, also where nothing is mapped any more."""

    def __init__(self) -> None:
        """Open what the kernel offers for it; where it offers nothing, nothing can be read."""
        self._file = self._open()

    def __del__(self) -> None:
        """Close it."""
        if self._file is not None:
            os.close(self._file)

    @property
    def is_readable(self) -> bool:
        """Whether anything can be read at all."""
        return self._file is not None

    def read(self, address: int, count: int) -> bytes:
        """Return ``count`` bytes; fewer, or none, where they can't be read."""
        try:
            return b"" if self._file is None else os.pread(self._file, count, address)
        except OSError:
            return b""

    def _open(self) -> int | None:
        try:
            return os.open("/proc/self/mem", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None


def _mapped_bytes(own: OwnMemory, storage: Storage) -> int:
    """Return the size of a storage's large block of the C library; 0 if it is none of those."""
    address, nbytes = storage.address, storage.nbytes
    if nbytes < practice.SMALLEST_BLOCK_BYTES or address % _PAGE_BYTES < _HEADER_BYTES:
        # A block that begins with its page is a file's, or another allocator's.
        return 0
    if not storage.is_alive():
        return 0
    if not own.is_readable:
        return -(-(nbytes + _HEADER_BYTES) // _PAGE_BYTES) * _PAGE_BYTES
    # Another thread may free it even now, and then its pages are gone.
    header = own.read(address - _HEADER_BYTES, _HEADER_BYTES)
    if len(header) < _HEADER_BYTES:
        return 0
    before, size = struct.unpack("@NN", header)
    taken: int = before + (size & ~_FLAGS)
    is_whole = taken % _PAGE_BYTES == 0 and nbytes < taken <= nbytes + 3 * _PAGE_BYTES
    return taken if size & _IS_MMAPPED and is_whole else 0
