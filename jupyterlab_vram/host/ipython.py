"""IPython as a host, and every fact about it that is not public API.

IPython documents neither where it keeps what cells showed and what was raised, nor the names
of the functions that run a cell. Other modules ask :class:`IPythonHost`, whose
:meth:`~IPythonHost.probe` says what of all this a version lacks.
"""

from __future__ import annotations

import gc
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import module_of, name_of_class

from . import ipykernel
from .ipython_shells import SHELL_MODULE
from .values import CellEnd, CellStart, Hidden, HostNotes, Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from .interface import Channel, CodeReader, Hook, Host

#: Modules of IPython's machinery, by how their names begin. What its classes hold on a person's
#: behalf are holders of their own; what its frames hold is nothing of the person's.
CLASS_PREFIXES = ("IPython.", *ipykernel.CLASS_PREFIXES)
FRAME_PREFIXES = ("IPython.", "comm.", "ipywidgets.", *ipykernel.FRAME_PREFIXES)
#: Packages in which nothing can be released without harm to what runs cells.
PACKAGES = ("IPython", *ipykernel.PACKAGES)

#: Names of the three latest outputs, in each of the places where IPython keeps them.
_LATEST = ("_", "__", "___")
#: What IPython itself puts into a namespace.
_OWN_NAMES = ("In", "Out", "_oh", "_ih", "_dh", "__builtins__")

#: The function that runs the code of a cell, and the record that it fills.
_RUN_CODE = "run_code"
_RECORD = "ExecutionResult"
_RECORD_ERRORS = ("error_in_exec", "error_before_exec")
#: Of the shell's parts, those that print tracebacks keep the last one.
_PRINTERS = "IPython.core.ultratb"
#: Where a printer's debugger keeps the frames that it looked at.
_DEBUGGER_PARTS = ("curframe", "botframe", "stack")

_NOTES = HostNotes(
    outputs="IPython keeps what a cell shows, in several places; this releases all of them.",
    other_shell="It is in the namespace of another IPython shell in this process.",
)
_BEFORE, _AFTER = "pre_run_cell", "post_run_cell"


def runs_cell_code(frame: FrameType) -> bool:
    """Whether a frame is IPython's that runs the code of a cell."""
    return frame.f_code.co_name == _RUN_CODE


def is_record(value: Any) -> bool:
    """Whether ``value`` is IPython's record of one run, which keeps the error of a cell."""
    return is_record_class(type(value))


def is_record_class(cls: type) -> bool:
    """Whether a class is that of IPython's records of runs: frames refer to them."""
    return bool(name_of_class(cls) == _RECORD)


def cell_end(result: Any) -> CellEnd:
    """Read what IPython hands to the hook after a cell.

    There is no result when the cell was interrupted while it waited.
    """
    error = getattr(result, _RECORD_ERRORS[0], None) or getattr(result, _RECORD_ERRORS[1], None)
    count = getattr(result, "execution_count", None)
    code = getattr(getattr(result, "info", None), "raw_cell", None)
    return CellEnd(
        ok=bool(getattr(result, "success", False)),
        execution_count=count if isinstance(count, int) else None,
        error=error if isinstance(error, BaseException) else None,
        # A blank cell ends without having begun.
        is_blank=isinstance(code, str) and (not code or code.isspace()),
    )


class IPythonHost:
    """One shell of IPython."""

    def __init__(self, shell: Any) -> None:
        """Look at ``shell``; nothing of it is changed or read yet."""
        self._shell = shell

    @property
    def shell(self) -> Any:
        """IPython's ``InteractiveShell``."""
        return self._shell

    @property
    def names(self) -> dict[str, Any]:
        """The person's namespace; empty where a shell has none yet."""
        names: Any = getattr(self._shell, "user_ns", None)
        found: dict[str, Any] = names if issubclass(type(names), dict) else {}
        return found

    @property
    def hidden(self) -> dict[str, Any]:
        """Values of names that ``%whos`` does not show."""
        hidden = getattr(self._shell, "user_ns_hidden", None)
        return hidden if type(hidden) is dict else {}

    def place_of(self, label: str, name: str) -> str:
        """Return where a name of a shell that a person calls ``label`` is."""
        return f"{label}.user_ns[{name!r}]"

    @property
    def notes(self) -> HostNotes:
        """What a person should know of holders that are IPython's."""
        return _NOTES

    def is_host_name(self, name: Any, value: Any) -> bool:
        """Whether IPython bound ``name``: its own tables and outputs, ``_``, ``_7``."""
        if name in _OWN_NAMES or value is self.names:
            return True
        return self._is_output_name(name, value)

    def _is_output_name(self, name: Any, value: Any) -> bool:
        if type(name) is not str or not name.startswith("_"):
            return False
        if name in _LATEST:
            shown = getattr(self._hook(), name, None)
            return self.hidden.get(name) is value or shown is value
        return name[1:].isdecimal()

    def outputs(self) -> list[Kept]:
        """List what IPython keeps because a cell showed it: ``Out[7]``, ``_7``, ``_``."""
        found: dict[int, Kept] = {}

        def note(place: str, value: Any) -> None:
            if gc.is_tracked(value):
                found.setdefault(id(value), Kept([], value)).places.append(place)

        for number, value in reversed(list(self._history().items())):
            note(f"Out[{number}]", value)
        for name, value in list(self.names.items()):
            if self._is_output_name(name, value):
                note(name, value)
        for name in _LATEST:
            note(f"displayhook.{name}", getattr(self._hook(), name, None))
        for name, value in list(self.hidden.items()):
            if self._is_output_name(name, value):
                note(_hidden_place(name), value)
        note("last_execution_result", self._last_result())
        return list(found.values())

    def forget_output(self, value: Any) -> None:
        """Let go of one value, wherever it is kept."""
        for number, kept in list(self._history().items()):
            if kept is value:
                del self._history()[number]
        for names in (self.names, self.hidden):
            for name, kept in list(names.items()):
                if kept is value and self._is_output_name(name, kept):
                    _forget_name(names, name)
        for name in _LATEST:
            if getattr(self._hook(), name, None) is value:
                # As before the first output.
                setattr(self._hook(), name, "")
        if self._last_result() is value:
            self._last_record().result = None

    def hidden_values(self) -> list[Hidden]:
        """Names that were pushed into the namespace out of sight, and are kept there twice."""
        return [
            Hidden(_hidden_place(name), f"del get_ipython().{_hidden_place(name)}", name, value)
            for name, value in list(self.hidden.items())
            if type(name) is str and not name.startswith("_") and gc.is_tracked(value)
        ]

    def output_tables(self) -> list[dict[Any, Any]]:
        """Return the tables in which IPython keeps what cells showed and what was pushed."""
        record = self._last_record()
        found: list[Any] = [self.hidden, self._output_history()]
        found += [vars(each) for each in (self._hook(), record) if hasattr(each, "__dict__")]
        found.append(self.names.get("_oh"))
        return [each for each in found if type(each) is dict]

    def own_tables(self) -> list[Any]:
        """Return the tables that hold everything, and that no holder is blamed for."""
        return [self.hidden, self._output_history(), self.names.get("_oh")]

    def _hook(self) -> Any:
        return getattr(self._shell, "displayhook", None)

    def _output_history(self) -> Any:
        return getattr(self._history_manager(), "output_hist", None)

    def _history_manager(self) -> Any:
        return getattr(self._shell, "history_manager", None)

    def _history(self) -> dict[Any, Any]:
        history = self.names.get("_oh", self._output_history())
        return history if type(history) is dict else {}

    def _last_record(self) -> Any:
        return getattr(self._shell, "last_execution_result", None)

    def _last_result(self) -> Any:
        return getattr(self._last_record(), "result", None)

    def errors(self) -> list[tuple[str, Any]]:
        """List what IPython keeps of the last errors: the printers of tracebacks, the record."""
        found = [
            (f"{name}.{key}", value)
            for name, printer in self._printers()
            for key, value in _kept_by(printer)
        ]
        record = self._last_record()
        found += [
            (f"last_execution_result.{name}", getattr(record, name, None))
            for name in _RECORD_ERRORS
        ]
        return found

    def forget_errors(self, records: Iterable[Any] = ()) -> None:
        """Let go of the last errors, and of those in ``records`` of runs."""
        for _, printer in self._printers():
            for key, _ in _kept_by(printer):
                setattr(printer, key.partition(".")[0], None)
        # The record of a run outlives the run where a library kept one of IPython's frames.
        for record in (*records, self._last_record()):
            if record is not None:
                record.error_in_exec = record.error_before_exec = None

    def _printers(self) -> list[tuple[str, Any]]:
        """List the shell's parts that print tracebacks."""
        return [
            (name, part)
            for name, part in list(vars(self._shell).items())
            if module_of(type(part)).startswith(_PRINTERS)
        ]

    def event_loop(self) -> Any | None:
        """Return the asyncio loop of the kernel; None without a kernel."""
        return ipykernel.event_loop(getattr(self._shell, "kernel", None))

    def like(self, shell: Any) -> Host:
        """Return another shell as a host."""
        return IPythonHost(shell)

    def watch_cells(self, before: Hook | None, after: Hook) -> None:
        """Register hooks, unless that was done before; None for ``before``: only afterwards."""
        if not self._has_events():
            return
        for event, hook in ((_BEFORE, before), (_AFTER, after)):
            if hook is not None and hook not in self._callbacks(event):
                self._shell.events.register(event, hook)

    def unwatch_cells(self, before: Hook | None, after: Hook) -> None:
        """Unregister hooks."""
        for event, hook in ((_BEFORE, before), (_AFTER, after)):
            if hook in self._callbacks(event):
                self._shell.events.unregister(event, hook)

    def hooks(self) -> Iterator[tuple[str, Any]]:
        """List all hooks of everybody, by the names of their events."""
        for event, hooks in self._hooks_by_event().items():
            yield from ((event, hook) for hook in hooks)

    def remove_hook(self, event: str, hook: Any) -> None:
        """Unregister one hook.

        Raises:
            ValueError: if it is not registered.
        """
        self._shell.events.unregister(event, hook)

    def _has_events(self) -> bool:
        """Whether both events that a cell has are known by the names that they had so far."""
        return {_BEFORE, _AFTER} <= self._hooks_by_event().keys()

    def _hooks_by_event(self) -> dict[str, Any]:
        callbacks = getattr(getattr(self._shell, "events", None), "callbacks", None)
        found: dict[str, Any] = callbacks if type(callbacks) is dict else {}
        return found

    def _callbacks(self, event: str) -> list[Any]:
        return [hook for name, hook in self.hooks() if name == event]

    def cell_start(self, info: Any) -> CellStart:
        """Read what IPython hands to the hook before a cell."""
        code = str(getattr(info, "raw_cell", "") or "")
        return CellStart(getattr(info, "cell_id", None), code, self._execution_count(info))

    def _execution_count(self, info: Any) -> int | None:
        if not getattr(info, "store_history", True):
            return None
        # Newer IPythons count up before this event and older ones after the cell;
        # in both the inputs so far, with the empty one at 0, are as many as the count.
        count = getattr(self._shell, "execution_count", None)
        inputs = getattr(self._history_manager(), "input_hist_parsed", None)
        if not isinstance(count, int) or not isinstance(inputs, list):
            return None
        return len(inputs) if count - 1 <= len(inputs) <= count else count

    def read_next_code(self, reader: CodeReader) -> None:
        """Let ``reader`` visit the next syntax tree: IPython takes it for a transformer."""
        self._transformers().append(reader)

    def stop_reading_code(self, reader: CodeReader, *, is_reading: bool = False) -> None:
        """Let ``reader`` visit no more trees.

        Args:
            reader: as it was given.
            is_reading: whether it is visiting one at this moment; then it goes only if it is
                the last. Gone before IPython looks whether it has any transformer: it would
                then walk the tree once more, recursively, which code that is nested deeply
                enough does not survive.
        """
        transformers = self._transformers()
        if is_reading:
            if transformers[-1:] == [reader]:
                transformers.pop()
            return
        for place, each in reversed(list(enumerate(transformers))):
            if each is reader:
                del transformers[place]

    def _transformers(self) -> list[Any]:
        found = getattr(self._shell, "ast_transformers", None)
        return found if type(found) is list else []

    def channel(self) -> Channel:
        """Return the iopub channel of the kernel.

        Raises:
            CannotPushError: if it is not an ipykernel.
        """
        return ipykernel.KernelChannel(getattr(self._shell, "kernel", None))

    def probe(self) -> list[str]:
        """Return what this IPython and its kernel lack, as keys; changes nothing.

        A key is what ``magics/support_report.py`` and the panel have a sentence for.
        """
        shell = self._shell
        record = getattr(sys.modules.get(SHELL_MODULE), _RECORD, None)
        has_record = isinstance(record, type) and hasattr(shell, "last_execution_result")
        keeps_latest = all(hasattr(self._hook(), name) for name in _LATEST)
        inputs = getattr(self._history_manager(), "input_hist_parsed", None)
        has_count = hasattr(shell, "execution_count") and isinstance(inputs, list)
        found = {
            "outputs": has_record and keeps_latest and type(self._output_history()) is dict,
            "hidden-names": type(getattr(shell, "user_ns_hidden", None)) is dict,
            "last-error": has_record and bool(self._printers()),
            "cells": has_count and self._has_events(),
            "cell-code": type(getattr(shell, "ast_transformers", None)) is list,
            "interrupts": callable(getattr(shell, _RUN_CODE, None)),
        }
        lacking = [key for key, is_there in found.items() if not is_there]
        kernel = getattr(shell, "kernel", None)
        return lacking if kernel is None else [*lacking, *ipykernel.probe(shell, kernel)]


def _kept_by(printer: Any) -> list[tuple[str, Any]]:
    """List the errors and tracebacks that a printer keeps, and what its debugger does."""
    found = []
    for key, value in list(vars(printer).items()):
        if issubclass(type(value), (TracebackType, BaseException)):
            found.append((key, value))
        elif key == "pdb" and value is not None:
            parts = vars(value)
            found += [(f"pdb.{part}", parts.get(part)) for part in _DEBUGGER_PARTS]
    return found


def _hidden_place(name: str) -> str:
    return f"user_ns_hidden[{name!r}]"


def _forget_name(names: dict[str, Any], name: str) -> None:
    if name in _LATEST:
        names[name] = ""
    else:
        names.pop(name, None)
