"""The last out-of-memory error of this kernel: its words and its figures, never the error itself.

An exception keeps its traceback alive, and that the tensors of the failed call.
So what is kept here are texts and numbers, taken when the cell ends.
"""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.devices.readings import take_reading
from jupyterlab_vram.host.current import cell_end
from jupyterlab_vram.host.other_copies import drop_twins
from jupyterlab_vram.process_state import process_wide
from jupyterlab_vram.wire import OOM_SIGNS

from .interrupts import guard

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.host.interface import Host

#: What is kept of a message.
MAX_TEXT = 4000
#: Where a message is looked through: an error may carry a log of any length, whose end counts.
MAX_SEARCHED = 1 << 20
#: How many errors that led to an error are looked at.
MAX_CHAIN = 16

#: What the class of an error about memory is called; it has the dotted name of its module.
_CLASS = re.compile(r"OutOfMemory|ResourceExhaustedError|MemoryError")
#: Errors in the code itself, which may well quote the name of such a class.
_OTHER_ERRORS = (NameError, AttributeError, ImportError, SyntaxError)
_SIZE = r"([\d.]+ ?(?:bytes|[KMGT]i?B|B))"
#: The first form that matches says how much was asked for, and how much was free.
_TRIED = (
    re.compile(r"Tried to allocate " + _SIZE),
    re.compile(r"Requested\s*: " + _SIZE),
    re.compile(r"(?:tried|trying) to allocate (\d+ bytes)"),
    re.compile(r"Out of memory allocating ([\d,]+ bytes)"),
)
_FREE = (
    re.compile(r"of which " + _SIZE + " is free"),
    re.compile(_SIZE + r" free[;)]"),
    re.compile(r"Free \(according to CUDA\): " + _SIZE),
)
_UNITS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}

#: Where PyTorch's allocator takes its settings from; the first that is set counts.
_SETTINGS = ("PYTORCH_ALLOC_CONF", "PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")


@dataclass(frozen=True)
class Failure:
    """One out-of-memory error, and the memory when its cell ended."""

    #: The class, such as ``torch.OutOfMemoryError``.
    error: str
    #: What it said, cut to its end.
    text: str
    #: Seconds since the epoch.
    time: float
    execution_count: int | None
    tried_bytes: int | None
    free_bytes: int | None
    #: Each device as a reading has it.
    devices: list[wire.DeviceReading] = field(default_factory=list)


class _Last:
    """Holds the one failure that this process remembers."""

    def __init__(self) -> None:
        self.failure: Failure | None = None


_last = process_wide("last failure", _Last)


def watch(host: Host) -> None:
    """Notice the failures of the cells of ``host`` from now on."""
    drop_twins(host, note)
    host.watch_cells(None, note)


def unwatch(host: Host) -> None:
    """Notice no more failures."""
    host.unwatch_cells(None, note)


def note(result: Any = None) -> None:
    """Take note of the error of a cell that has just ended, if it was about memory."""
    guard(_note, _never, result)


def _note(result: Any) -> None:
    try:
        end = cell_end(result)
        if end.error is not None:
            _last.failure = failure_of(end.error, end.execution_count) or _last.failure
    except Exception:
        return


def _never() -> Callable[[], bool]:
    # The cell that an interrupt could have been meant for has ended.
    return bool


def last_failure() -> Failure | None:
    """Return the last failure: as noticed, or as Python itself remembers it."""
    error = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    if _last.failure is None and isinstance(error, BaseException):
        _last.failure = failure_of(error, None)
    return _last.failure


def forget() -> None:
    """Forget the last failure."""
    _last.failure = None


def failure_of(error: BaseException, execution_count: int | None) -> Failure | None:
    """Read ``error``, or the one that led to it; None where none is about memory."""
    found = _about_memory(error)
    if found is None:
        return None
    name, text = found
    reading = take_reading(capturing=False)
    return Failure(
        error=name,
        text=text[-MAX_TEXT:],
        time=time.time(),
        execution_count=execution_count,
        tried_bytes=_figure(_TRIED, text),
        free_bytes=_figure(_FREE, text),
        devices=reading["devices"],
    )


def allocator_settings() -> str | None:
    """Return the settings that PyTorch's allocator was given; None where it was given none."""
    return next((os.environ[name] for name in _SETTINGS if os.environ.get(name)), None)


def _about_memory(error: BaseException) -> tuple[str, str] | None:
    link: BaseException | None = error
    for _ in range(MAX_CHAIN):
        if link is None:
            return None
        name, text = _name_of(link), _text_of(link)
        if not isinstance(link, _OTHER_ERRORS) and (_CLASS.search(name) or says_memory(text)):
            return name, text
        link = link.__cause__ or link.__context__
    return None


def says_memory(text: str) -> bool:
    """Whether an error with this text is about memory, by its words alone."""
    compact = "".join(text[-MAX_SEARCHED:].lower().split())
    return any(sign in compact for sign in OOM_SIGNS)


def _name_of(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def _text_of(error: BaseException) -> str:
    # An error of the person's own may have a __str__ that does anything.
    return " ".join(each for each in error.args if isinstance(each, str))


def _figure(patterns: tuple[re.Pattern[str], ...], text: str) -> int | None:
    # Cut first: what is asked for stands at the beginning of a message.
    for pattern in patterns:
        match = pattern.search(text[:MAX_TEXT])
        if match is not None:
            return _bytes(match.group(1))
    return None


def _bytes(size: str) -> int | None:
    match = re.match(r"([\d.,]+) ?([KMGT]?)", size)
    if match is None:
        return None
    count = float(match.group(1).replace(",", "")) * 1024 ** _UNITS[match.group(2).lower()]
    # What a driver can't tell is printed as 2^64 bytes.
    return round(count) if count < 1 << 53 else None
