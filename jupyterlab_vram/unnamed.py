"""Tensors that no root reaches: who else refers to them, and would collecting free them?

The search goes upwards from the tensors, one level for each pass over all that
the garbage collector knows. It ends at names in modules and classes, at what
belongs to other machinery, or where nothing refers any further. Then counting
tells whether anything from outside still holds on, as the collector itself
would find out.
"""

from __future__ import annotations

import gc
import sys
import time
import types
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, Any, Callable

from .paths import key_label
from .referents import is_module, referents, without_modules
from .root import Root
from .storages import is_machinery
from .tensors import attributes_of_class, module_of, name_of_class, share
from .torch_access import names_of

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
_COMPILER = ("torch._dynamo", "torch._inductor", "torch._functorch")
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
        for _ in range(_MAX_LEVELS):
            if not level or (is_nearest and self.ends):
                break
            level = self._climb(level)
        self._tables = []
        self.is_complete = level == []

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
        name = self._modules.get(id(item), "")
        if name:
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
    garbage = _unreachable(members, held, {id(each) for each in tensors})
    dead = [each for key, each in members.items() if key in garbage]
    if dead and ancestry.is_complete:
        found.append(_cycle(dead))
    rest = [each for key, each in members.items() if key not in garbage]
    if any(module_of(type(each)).startswith(_COMPILER) for each in rest):
        line = "import torch; torch.compiler.reset()"
        values = [("torch.compile's cache", each) for each in tensors if id(each) not in garbage]
        root = Root(
            "torch.compile's cache", "module", values, line, _COMPILER_NOTE, _reset_compiler
        )
        found.append(root)
    return found, ancestry.is_complete


def nearest_roots(held: list[Any], seconds: float, ignored: set[int]) -> list[Root]:
    """Return the nearest names in modules and classes that lead to some objects."""
    return _named(Ancestry(held, time.monotonic() + seconds, ignored, is_nearest=True))


def _named(ancestry: Ancestry) -> list[Root]:
    """One root for each name in a module or a class at which the search ended."""
    found = []
    for owner, names, is_class in ancestry.ends:
        for key, value in list(names.items()):
            if id(value) in ancestry.members and type(key) is str:
                name = f"{owner}.{key}"
                root = Root(name, "module", [(name, value)], note=_LIBRARY_NOTE)
                if not is_class:
                    _add_line(root, f"sys.modules[{owner!r}].{key}", value, ancestry.members)
                found.append(root)
    return found


def _add_line(root: Root, where: str, value: Any, members: dict[int, Any]) -> None:
    """Say how a library lets go: it needs its table, but not what was put into it."""
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
        root.let_go = partial(value.pop, key)
    else:
        root.release, root.let_go = f"import sys; {where}.clear()", value.clear


def _tables() -> list[Any]:
    """Return what modules hold by name, which the collector may have been told to forget."""
    names = [names_of(module) for _, module in _modules()]
    tables = {id(each): each for each in gc.get_referents(*names) if id(type(each)) in _TABLE_TYPES}
    return [*(module for _, module in _modules()), *names, *tables.values()]


def _modules() -> list[tuple[str, Any]]:
    return [(name, each) for name, each in list(sys.modules.items()) if is_module(each)]


def _unreachable(members: dict[int, Any], held: set[int], listed: set[int]) -> set[int]:
    """Return those that only other members refer to, as the collector would find out.

    Args:
        members: objects by their identities.
        held: what is known to be held from outside.
        listed: what the caller's list refers to, besides ``members``.
    """
    # What counting itself adds, which differs between versions of Python.
    ours = _references({0: object()}, 0)
    outside = {key: _references(members, key) - ours - (key in listed) for key in members}
    edges = {
        key: [id(child) for child in referents(each) if id(child) in members]
        for key, each in members.items()
    }
    for children in edges.values():
        for child in children:
            outside[child] -= 1
    pending = [key for key, count in outside.items() if count > 0 or key in held]
    alive = set()
    while pending:
        key = pending.pop()
        if key not in alive:
            alive.add(key)
            pending += edges[key]
    return members.keys() - alive


def _references(table: dict[int, Any], key: int) -> int:
    return sys.getrefcount(table[key])


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
