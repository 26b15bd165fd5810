"""What the interpreter itself keeps on a person's behalf: hooks, handlers of signals, builtins."""

from __future__ import annotations

import gc
import signal
import sys
from functools import partial
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import names_of

from .root import Root

#: As the interpreter has them: the public function compares each with other things.
_handler_of = sys.modules["_signal"].getsignal

if TYPE_CHECKING:
    from collections.abc import Callable

#: Holders of their own, or everything.
_NOT_HERE = frozenset(
    (
        "modules",
        "last_type",
        "last_value",
        "last_exc",
        "last_traceback",
        "meta_path",
        "path_hooks",
        "path_importer_cache",
    )
)
_TRACERS = {"sys.gettrace()": "settrace", "sys.getprofile()": "setprofile"}


def interpreter_roots() -> list[Root]:
    """One root for each module, which splits by name when needed; one for each hook and handler."""
    return [
        _module_root("sys", sys),
        _module_root("builtins", sys.modules["builtins"]),
        *_tracer_roots(),
        *_signal_roots(),
    ]


def _module_root(module_name: str, module: Any) -> Root:
    names = names_of(module)

    def kept() -> list[tuple[str, Any]]:
        return [
            (key, value)
            for key, value in list(names.items())
            if type(key) is str and key not in _NOT_HERE and _may_hold(value)
        ]

    def expand() -> list[Root]:
        found = []
        for key, value in kept():
            name, original = f"{module_name}.{key}", f"__{key}__"
            if original in names:
                line = f"import sys; {name} = {module_name}.{original}"
                release_now: Callable[[], Any] = partial(names.__setitem__, key, names[original])
            else:
                line = f"import {module_name}; del {name}"
                release_now = partial(names.pop, key, None)
            found.append(_root(name, value, line, release_now))
        return found

    values = [(f"{module_name}.{key}", value) for key, value in kept()]
    return Root(module_name, "module", values, expand=expand)


def _tracer_roots() -> list[Root]:
    """What traces the calling thread."""
    found = []
    for (name, setter), tracer in zip(_TRACERS.items(), (sys.gettrace(), sys.getprofile())):
        if gc.is_tracked(tracer):
            release_now = partial(getattr(sys, setter), None)
            found.append(_root(name, tracer, f"import sys; sys.{setter}(None)", release_now))
    return found


def _signal_roots() -> list[Root]:
    found = []
    for number in range(1, signal.NSIG):
        try:
            handler = _handler_of(number)
        except (OSError, ValueError):
            continue
        if gc.is_tracked(handler):
            name = f"signal.getsignal({number})"
            line = f"import signal; signal.signal({number}, signal.SIG_DFL); None"
            release_now = partial(signal.signal, number, signal.SIG_DFL)
            found.append(_root(name, handler, line, release_now))
    return found


def _may_hold(value: Any) -> bool:
    """Whether a walk would find anything behind ``value``: not behind classes and C functions."""
    cls = type(value)
    return cls is not type and cls is not BuiltinFunctionType and gc.is_tracked(value)


def _root(name: str, value: Any, line: str, release_now: Callable[[], Any]) -> Root:
    return Root(name, "module", [(name, value)], line, None, release_now)
