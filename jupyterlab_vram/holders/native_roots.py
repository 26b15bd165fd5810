"""What is held from outside all that the garbage collector knows, and what to call it.

C code keeps it: the interpreter (a context, a callback at exit), or a library. Nobody can let
go of it by a name, but the object at which the way up ends tells a person what it is.
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import bases_of, module_of, name_of_class, share
from jupyterlab_vram.roots.referents import referents
from jupyterlab_vram.roots.root import Root
from jupyterlab_vram.roots.running import CALLBACK_NOTE, callback_name

from .walker import is_machinery

if TYPE_CHECKING:
    import contextvars

_MAX_ROOTS = 8
NAMELESS_NOTE = (
    "No name refers to it. Something outside Python keeps it: a callback at exit, a context "
    "or a library's own code."
)
_MACHINERY_NOTE = (
    "It belongs to the notebook's own machinery, such as a callback that was registered."
)
_LOGGER_NOTE = "A logger keeps its handlers and filters until they are removed from it."
_CONTEXT_NOTE = (
    "A context that is in use keeps it. It comes back when the variable is set anew in that "
    "context, or when what runs in it ends."
)


class References:
    """Who refers to whom among some objects, and which have more references than those."""

    def __init__(self, members: dict[int, Any], listed: set[int]) -> None:
        """Count.

        Args:
            members: objects by their identities.
            listed: what the caller's list refers to, besides ``members``.
        """
        # What counting itself adds, which differs between versions of Python.
        ours = _count({0: object()}, 0)
        outside = {key: _count(members, key) - ours - (key in listed) for key in members}
        self.edges = {
            key: [id(child) for child in referents(each) if id(child) in members]
            for key, each in members.items()
        }
        for children in self.edges.values():
            for child in children:
                outside[child] -= 1
        #: What something else refers to, in the order of the members.
        self.held = [key for key, count in outside.items() if count > 0]

    def reached(self, keys: set[int]) -> set[int]:
        """Return what some members lead to, themselves included."""
        found: set[int] = set()
        pending = list(keys & self.edges.keys())
        while pending:
            key = pending.pop()
            if key not in found:
                found.add(key)
                pending += self.edges[key]
        return found

    def unreachable(self, held: set[int]) -> set[int]:
        """Return those that only other members refer to, as the collector would find out.

        Args:
            held: what is known to be held from outside.
        """
        return self.edges.keys() - self.reached(held.union(self.held))


def _count(table: dict[int, Any], key: int) -> int:
    return sys.getrefcount(table[key])


def native_roots(
    targets: list[Any], members: dict[int, Any], references: References, known: set[int]
) -> list[Root]:
    """Return as few roots as lead to all targets to which nothing that is known leads.

    Args:
        targets: the tensors that have a holder.
        members: all that leads to them, the nearest first.
        references: among the members.
        known: identities of what was named, or is garbage.
    """
    covered = references.reached(known)
    left = {id(each) for each in targets} - covered
    found: list[Root] = []
    # A tensor may be held by torch's own code besides, which tells little.
    held = sorted(references.held, key=lambda key: key in left)
    for key in held:
        reached = references.reached({key}) if left and key not in covered else set()
        if left & reached and len(found) < _MAX_ROOTS:
            left -= reached
            found += _roots_of(members[key], members)
    return found


def _roots_of(item: Any, members: dict[int, Any]) -> list[Root]:
    cls = type(item)
    kind = name_of_class(cls)
    if is_machinery(cls):
        name = f"{module_of(cls)}.{kind}"
        children = [each for each in referents(item) if id(each) in members]
        return [Root(name, "module", [(name, each) for each in children], note=_MACHINERY_NOTE)]
    if cls is FunctionType:
        kind = f"function {item.__qualname__}"
    return [Root(f"{kind} without a name", "module", [(f"<{kind}>", item)], note=NAMELESS_NOTE)]


def context_roots(contexts: list[contextvars.Context], members: dict[int, Any]) -> list[Root]:
    """One root for each value that a variable has in some contexts."""
    found: dict[tuple[int, int], Root] = {}
    for context in contexts:
        for variable, value in context.items():
            if id(value) in members:
                name = f"context variable {variable.name}"
                root = Root(name, "module", [(name, value)], note=_CONTEXT_NOTE)
                found.setdefault((id(variable), id(value)), root)
    return list(found.values())


def is_handle(item: Any) -> bool:
    """Whether ``item``, of asyncio's, is a callback that waits to be run."""
    return name_of_class(type(item)) in ("Handle", "TimerHandle")


def callback_root(handle: Any) -> Root:
    """Return the root of a callback that an event loop will run."""
    callback = handle._callback  # noqa: SLF001 - told nowhere else
    name = callback_name(callback if type(callback) is FunctionType else None)
    return Root(name, "task", [(name, handle)], note=CALLBACK_NOTE)


def is_logger(cls: type) -> bool:
    """Whether a class is one of loggers, of the module `logging`."""
    logging = sys.modules.get("logging")
    return logging is not None and share(bases_of(cls), (getattr(logging, "Logger", None),))


def logger_root(logger: Any) -> Root:
    """Return the root of a logger, which is kept for good, with its handlers and filters."""
    own = object.__getattribute__(logger, "__dict__")
    name = own.get("name")
    label = f"logging.getLogger({name!r})" if type(name) is str else "a logger"
    # What it has of others leads to all loggers.
    kept = {key: each for key, each in own.items() if key not in ("manager", "parent", "root")}
    values = [(f"{label}.{key}", each) for key, each in kept.items()]
    return Root(label, "module", values, note=_LOGGER_NOTE)
