"""The last errors, which hold the frames in which they were raised, and all of their locals."""

from __future__ import annotations

import gc
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.host.current import is_record, runs_cell_code

from .frames import frame_values
from .root import Root, clear_line

if TYPE_CHECKING:
    from types import FrameType

    from jupyterlab_vram.host.interface import Host

_LAST_ERROR = ("last_value", "last_exc", "last_traceback", "last_type")
_LINKS = ("__traceback__", "__cause__", "__context__")
_GROUP = "tracebacks"
_NOTE = "Afterwards %debug can't look into this error any more."


class Tracebacks:
    """The last errors, which hold the frames in which they were raised."""

    def __init__(self, host: Host) -> None:
        """Look at the interpreter's own and at those of ``host``."""
        self._host = host

    def roots(self) -> list[Root]:
        """One root for all: an error is kept in several places at once."""
        values = [(f"sys.{name}", getattr(sys, name, None)) for name in _LAST_ERROR]
        values += self._host.errors()
        values = [(label, value) for label, value in values if gc.is_tracked(value)]
        if not values:
            return []
        line = clear_line(_GROUP)
        root = Root("the last traceback", "traceback", values, line, _NOTE, self._forget)
        root.cleared_as = _GROUP
        return [root]

    def _forget(self) -> None:
        kept = [value for root in self.roots() for value in root.objects()]
        frames = [frame for frame in frames_of(kept) if runs_cell_code(frame)]
        records = [each for frame in frames for each in frame_values(frame) if is_record(each)]
        for name in _LAST_ERROR:
            vars(sys).pop(name, None)
        self._host.forget_errors(records)


def frames_of(values: list[Any]) -> list[FrameType]:
    """Return the frames of some errors and tracebacks, of their causes and contexts, too."""
    found: list[FrameType] = []
    pending, seen = list(values), set()
    while pending:
        item = pending.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if issubclass(type(item), BaseException):
            # As every exception has them, whatever its class would answer.
            base = BaseException.__dict__
            pending += [base[name].__get__(item) for name in _LINKS]
        elif type(item) is TracebackType:
            found.append(item.tb_frame)
            pending.append(item.tb_next)
    return found
