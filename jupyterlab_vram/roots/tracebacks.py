"""The last errors, which hold the frames in which they were raised, and all of their locals."""

from __future__ import annotations

import gc
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import module_of, name_of_class

from .frames import frame_values
from .root import Root, clear_line

if TYPE_CHECKING:
    from types import FrameType

_LAST_ERROR = ("last_value", "last_exc", "last_traceback", "last_type")
#: Where a debugger keeps the frames that it looked at.
_DEBUGGER_PARTS = ("curframe", "botframe", "stack")
_LINKS = ("__traceback__", "__cause__", "__context__")
_GROUP = "tracebacks"
_NOTE = "Afterwards %debug can't look into this error any more."


class Tracebacks:
    """The last errors, which hold the frames in which they were raised."""

    def __init__(self, shell: Any) -> None:
        """Look at ``shell``, which is None outside IPython."""
        self._shell = shell

    def roots(self) -> list[Root]:
        """One root for all: an error is kept in several places at once."""
        values = [(f"sys.{name}", getattr(sys, name, None)) for name in _LAST_ERROR]
        for name, owner in self._printers():
            values += [(f"{name}.{key}", value) for key, value in self._kept(owner)]
        result = getattr(self._shell, "last_execution_result", None)
        for name in ("error_in_exec", "error_before_exec"):
            values.append((f"last_execution_result.{name}", getattr(result, name, None)))
        values = [(label, value) for label, value in values if gc.is_tracked(value)]
        if not values:
            return []
        line = clear_line(_GROUP)
        root = Root("the last traceback", "traceback", values, line, _NOTE, self._forget)
        root.cleared_as = _GROUP
        return [root]

    def _printers(self) -> list[tuple[str, Any]]:
        """List the shell's parts that print tracebacks."""
        parts = list(vars(self._shell).items()) if self._shell is not None else []
        return [
            (name, part)
            for name, part in parts
            if module_of(type(part)).startswith("IPython.core.ultratb")
        ]

    def _kept(self, printer: Any) -> list[tuple[str, Any]]:
        found = []
        for key, value in list(vars(printer).items()):
            if issubclass(type(value), (TracebackType, BaseException)):
                found.append((key, value))
            elif key == "pdb" and value is not None:
                parts = vars(value)
                found += [(f"pdb.{part}", parts.get(part)) for part in _DEBUGGER_PARTS]
        return found

    def _forget(self) -> None:
        kept = [value for root in self.roots() for value in root.objects()]
        results = [result for frame in frames_of(kept) for result in _results_in(frame)]
        for name in _LAST_ERROR:
            vars(sys).pop(name, None)
        for _, printer in self._printers():
            for key, _ in self._kept(printer):
                setattr(printer, key.partition(".")[0], None)
        # IPython's record of the run outlives the run where a library kept one of its frames.
        for result in (*results, getattr(self._shell, "last_execution_result", None)):
            if result is not None:
                result.error_in_exec = result.error_before_exec = None


def _results_in(frame: FrameType) -> list[Any]:
    """Return IPython's records of runs among the variables of one of its own frames."""
    if frame.f_code.co_name != "run_code":
        return []
    values = frame_values(frame)
    return [value for value in values if name_of_class(type(value)) == "ExecutionResult"]


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
