"""The local variables of frames, read so that nothing is kept alive by reading.

Up to Python 3.12 ``frame.f_locals`` of a function leaves a dictionary in the
frame, which holds every local of that moment until the frame is gone. It is
emptied again. From 3.13 on nothing is left.
"""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

_LEAVES_DICTIONARY = sys.version_info < (3, 13)


def frame_items(frame: FrameType) -> list[tuple[str, Any]]:
    """Return names and values of the local variables of a function's frame.

    For the code of a module or a cell, whose variables are globals, the list
    is empty.
    """
    if not frame.f_code.co_flags & inspect.CO_OPTIMIZED:
        return []
    if not _LEAVES_DICTIONARY:
        return list(frame.f_locals.items())
    is_left_already = _has_dictionary(frame)
    found = frame.f_locals
    items = list(found.items())
    # A debugger works on it, and writes it back into the frame.
    if not is_left_already and frame.f_trace is None:
        found.clear()
    return items


def frame_values(frame: FrameType) -> list[Any]:
    """As :func:`frame_items`, the values alone."""
    return [value for _, value in frame_items(frame)]


def _has_dictionary(frame: FrameType) -> bool:
    """Whether the frame's dictionary of locals was made before.

    Of a frame that is running nothing is told from Python 3.11 on, and it counts as having none.
    """
    import gc

    names = frame.f_code.co_varnames
    return any(
        type(each) is dict and each and all(type(key) is str and key in names for key in each)
        for each in gc.get_referents(frame)
    )
