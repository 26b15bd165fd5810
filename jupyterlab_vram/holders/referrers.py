"""Tensors that no root reaches: who else refers to them, and would collecting free them?

The search goes upwards from the tensors, one level for each pass over all that
the garbage collector knows. It ends at names in modules and classes, at what
belongs to other machinery, or where nothing refers any further. Then counting
tells whether anything from outside still holds on, as the collector itself
would find out.
"""

from __future__ import annotations

import contextvars
import gc
import sys
import time
import types
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.classes import attributes_of_class, module_of, name_of_class, names_of, share
from jupyterlab_vram.devices.torch_private import COMPILER_PREFIXES
from jupyterlab_vram.host.current import LOOP_PACKAGES, PACKAGES
from jupyterlab_vram.roots.referents import is_module, referents, without_modules
from jupyterlab_vram.roots.root import Root

from .native_roots import (
    References,
    callback_root,
    context_roots,
    is_handle,
    is_logger,
    logger_root,
    native_roots,
)
from .paths import key_label
from .walker import is_machinery

if TYPE_CHECKING:
    from collections.abc import Mapping

_qualified_name: Callable[[type], str] = type.__dict__["__qualname__"].__get__

_BATCH = 512
#: So many members are looked for by the collector's own search, which takes as long as one
#: pass over all objects then.
_FEW = 100
_MAX_LEVELS = 40
_MAX_OBJECTS = 20_000
_TABLE_TYPES = frozenset(map(id, (dict, OrderedDict, list, set)))
#: What a search itself makes refers to what it found.
_PACKAGE = __name__.partition(".")[0]
#: What an event loop runs leads to all that it runs.
_LOOPS = ("asyncio", "_asyncio", *LOOP_PACKAGES)
_MACHINERY = ("asyncio", "_asyncio", "threading", "concurrent", *PACKAGES)
_CYCLE_NOTE = "Only references in a circle keep it; the garbage collector frees it."
_LIBRARY_NOTE = "It belongs to a library; the library may need it."
_COMPILER_NOTE = "torch.compile keeps what it compiled; it compiles again when needed."


class Ancestry:
    """All that leads to some objects, directly or not."""

    def __init__(
        self, targets: list[Any], deadline_s: float, ignored: set[int], *, is_nearest: bool = False
    ) -> None:
        """Search upwards from ``targets``.

        Args:
            targets: the objects.
            deadline_s: when to give up.
            ignored: identities of what leads nowhere.
            is_nearest: whether the first names that are found are enough.
        """
        self.members: dict[int, Any] = {id(each): each for each in targets}
        #: Where the search ended: the names of modules and classes, and whose they are.
        self.ends: list[tuple[str, Mapping[str, Any], bool]] = []
        self._modules = {id(names_of(each)): name for name, each in _modules()}
        self._ignored = ignored
        self._deadline_s = deadline_s
        #: What the collector may have been told to forget (``gc.freeze``).
        self._tables = _tables() if gc.get_freeze_count() else []
        level: list[int] | None = list(self.members)
        #: What else it ended at: contexts, and callbacks of event loops.
        self.contexts: list[contextvars.Context] = []
        self.callbacks: list[Any] = []
        #: Of the module `logging`: through its table each leads to all others.
        self.loggers: list[Any] = []
        is_covered = False
        for _ in range(_MAX_LEVELS):
            if not level or is_covered:
                break
            before = self._end_count()
            level = self._climb(level)
            if self._end_count() > before:
                is_covered = is_nearest or self._covers(targets)
        self._tables = []
        #: Whether all that leads to the targets is known, or a name for each of them.
        self.is_complete = level == [] or (is_covered and level is not None)

    def _end_count(self) -> int:
        others = len(self.contexts) + len(self.callbacks) + len(self.loggers)
        return len(self.ends) + others

    def _covers(self, targets: list[Any]) -> bool:
        """Whether names that were found lead to all targets."""
        pending = [value for _, names, _ in self.ends for value in list(names.values())]
        pending = [each for each in pending if id(each) in self.members]
        pending += [*self.contexts, *self.callbacks]
        pending += [value for each in self.loggers for value in logger_root(each).objects()]
        seen: set[int] = set()
        while pending:
            item = pending.pop()
            if id(item) not in seen:
                seen.add(id(item))
                pending += [each for each in referents(item) if id(each) in self.members]
        return seen.issuperset(map(id, targets))

    def _climb(self, level: list[int]) -> list[int] | None:
        """Add what refers to the members in ``level``.

        Returns:
            What is new and leads on; None where it had to give up.
        """
        find = self._referrers_of_few if len(level) <= _FEW else self._referrers_of_many
        parents = find(level)
        if parents is None or len(self.members) + len(parents) > _MAX_OBJECTS:
            return None
        found: list[int] = []
        for each in parents:
            if id(each) not in self.members:
                self.members[id(each)] = each
                found += [] if self._is_end(each) else [id(each)]
        return found

    def _referrers_of_few(self, level: list[int]) -> list[Any] | None:
        """As the collector finds them: it compares every reference with every member."""
        if time.monotonic() > self._deadline_s:
            return None
        targets = [self.members[key] for key in level]
        found = gc.get_referrers(*targets)
        own = (id(targets), id(found))
        return [
            *self._among(self._tables, set(level)),
            *(each for each in found if id(each) not in own and self._may_be_parent(each)),
        ]

    def _referrers_of_many(self, level: list[int]) -> list[Any] | None:
        """One pass over all that the collector knows."""
        # In two steps: a list that exists when the collector is asked would contain itself.
        everything = gc.get_objects()
        everything += self._tables
        everything, modules = without_modules(everything)
        wanted = set(level)
        found = self._among(modules, wanted)
        for start in range(0, len(everything), _BATCH):
            batch = everything[start : start + _BATCH]
            if time.monotonic() > self._deadline_s or len(found) > _MAX_OBJECTS:
                return None
            if not wanted.isdisjoint(map(id, gc.get_referents(*batch))):
                found += self._among(batch, wanted)
        return found

    def _among(self, candidates: list[Any], wanted: set[int]) -> list[Any]:
        """Those of ``candidates`` that refer to what is ``wanted``."""
        return [
            each
            for each in candidates
            if not wanted.isdisjoint(map(id, referents(each))) and self._may_be_parent(each)
        ]

    def _may_be_parent(self, item: Any) -> bool:
        return not (
            id(item) in self._ignored
            or item is self.members
            or item is self._tables
            or type(item) is types.FrameType
            or module_of(type(item)).startswith(_PACKAGE)
        )

    def _is_end(self, item: Any) -> bool:
        """Whether ``item`` is a class or the names of a module, to which everything leads."""
        if issubclass(type(item), type):
            name = f"{module_of(item)}.{_qualified_name(item)}"
            self.ends.append((name, attributes_of_class(item), True))
            return True
        if type(item) is contextvars.Context:
            self.contexts.append(item)
            return True
        if module_of(type(item)) == "asyncio.events" and is_handle(item):
            self.callbacks.append(item)
            return True
        if is_logger(type(item)):
            self.loggers.append(item)
            return True
        name = self._modules.get(id(item), "")
        if name and name.partition(".")[0] not in _LOOPS:
            self.ends.append((name, item, False))
        return bool(name) or is_machinery(type(item))


def unnamed_roots(tensors: list[Any], seconds: float, ignored: set[int]) -> tuple[list[Root], bool]:
    """Explain who holds tensors that no root reaches.

    Returns:
        The roots, and whether everything that leads to the tensors is known.
    """
    ancestry = Ancestry(tensors, time.monotonic() + seconds, ignored)
    members = ancestry.members
    found = _named(ancestry)
    held = {id(value) for root in found for value in root.objects()}
    references = References(members, {id(each) for each in tensors})
    garbage = references.unreachable(held)
    dead = [each for key, each in members.items() if key in garbage]
    if dead and ancestry.is_complete:
        found.append(_cycle(dead))
    rest = [each for key, each in members.items() if key not in garbage]
    if any(module_of(type(each)).startswith(COMPILER_PREFIXES) for each in rest):
        line = "import torch; torch.compiler.reset()"
        values = [("torch.compile's cache", each) for each in tensors if id(each) not in garbage]
        root = Root(
            "torch.compile's cache", "module", values, line, _COMPILER_NOTE, _reset_compiler
        )
        found.append(root)
    if ancestry.is_complete:
        known = held.union(*(map(id, root.objects()) for root in found))
        found += native_roots(tensors, members, references, known | garbage)
    return found, ancestry.is_complete


def nearest_roots(held: list[Any], seconds: float, ignored: set[int]) -> list[Root]:
    """Return the nearest names in modules and classes that lead to some objects."""
    return _named(Ancestry(held, time.monotonic() + seconds, ignored, is_nearest=True))


def _named(ancestry: Ancestry) -> list[Root]:
    """One root for each name in a module or a class at which the search ended."""
    found = context_roots(ancestry.contexts, ancestry.members)
    found += [callback_root(each) for each in ancestry.callbacks]
    found += [logger_root(each) for each in ancestry.loggers]
    for owner, names, is_class in ancestry.ends:
        for key, value in list(names.items()):
            if id(value) in ancestry.members and type(key) is str:
                name = f"{owner}.{key}"
                root = Root(name, "module", [(name, value)], note=_LIBRARY_NOTE)
                if not is_class:
                    _add_line(root, f"sys.modules[{owner!r}].{key}", value, ancestry.members)
                found.append(root)
    # Names of one thing that many modules import: the first says it.
    first = {tuple(map(id, root.objects())): root for root in reversed(found)}
    return list(reversed(first.values()))


def _add_line(root: Root, where: str, value: Any, members: dict[int, Any]) -> None:
    """Say how to release a library's: it needs its table, but not what was put into it."""
    if root.name.partition(".")[0] in _MACHINERY:
        # What runs cells, tasks and threads would stop.
        return
    if share((type(value),), (dict, OrderedDict)):
        keys = [(key, each) for key, each in value.items() if id(each) in members]
    elif type(value) is list:
        keys = [(place, each) for place, each in enumerate(value) if id(each) in members]
    else:
        return
    root.values = [(root.name + key_label(key), each) for key, each in keys]
    if len(keys) == 1 and share((type(keys[0][0]),), (int, str)):
        key = keys[0][0]
        root.release = f"import sys; del {where}[{key!r}]"
        root.release_now = partial(value.pop, key)
    else:
        root.release, root.release_now = f"import sys; {where}.clear()", value.clear


def _tables() -> list[Any]:
    """Return what modules hold by name, which the collector may have been told to forget."""
    names = [names_of(module) for _, module in _modules()]
    tables = {id(each): each for each in gc.get_referents(*names) if id(type(each)) in _TABLE_TYPES}
    return [*(module for _, module in _modules()), *names, *tables.values()]


def _modules() -> list[tuple[str, Any]]:
    return [(name, each) for name, each in list(sys.modules.items()) if is_module(each)]


def _cycle(dead: list[Any]) -> Root:
    outer = _outermost(dead)
    kind = name_of_class(type(outer))
    name = f"cycle through {kind}"
    values = [(f"<{kind}>", outer), *((name, each) for each in dead)]
    return Root(name, "cycle", values, "import gc; gc.collect()", _CYCLE_NOTE, _collect)


def _outermost(dead: list[Any]) -> Any:
    """Return the object by which a person would know a cycle."""
    # The search went upwards, so what holds the most came last.
    for known in (("builtins", "torch.", "collections"), ("builtins", "collections")):
        for each in reversed(dead):
            if not module_of(type(each)).startswith(known):
                return each
    return dead[-1]


def _collect() -> None:
    gc.collect()


def _reset_compiler() -> None:
    torch: Any = sys.modules.get("torch")
    torch.compiler.reset()
