"""Who holds the device memory of this kernel: every holder, by name.

The union of what all holders hold, and what is unattributed, is what torch
says is allocated. Nothing is kept alive and no code of the person's runs; the
search holds the interpreter's lock, so it gives up at a time limit and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyterlab_vram.devices.no_user_code import without_user_code

from .search import Search

if TYPE_CHECKING:
    from .result import Holder, Holdings

#: Holders of less than this, together, make one line.
DEFAULT_MIN_BYTES = 1 << 20
#: What one search may take.
DEFAULT_SECONDS = 2.0


def holders(min_bytes: int = DEFAULT_MIN_BYTES, seconds: float = DEFAULT_SECONDS) -> list[Holder]:
    """Name everything that holds device memory in this kernel, biggest first.

    Args:
        min_bytes: what holds less is summed up in one line.
        seconds: what the search may take; it holds the interpreter's lock.
    """
    return find_holders(min_bytes, seconds).holders


def find_holders(min_bytes: int = DEFAULT_MIN_BYTES, seconds: float = DEFAULT_SECONDS) -> Holdings:
    """As :func:`holders`, with the totals of each device and whether the search was complete."""
    with without_user_code():
        return Search(seconds).holdings(min_bytes)
