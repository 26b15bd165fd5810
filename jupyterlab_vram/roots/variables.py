"""A person's variables, and the names of their own modules and classes."""

from __future__ import annotations

import gc
import sys
from itertools import starmap
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, names_of
from jupyterlab_vram.host.current import current_host

from .modules import attribute_roots, is_own, is_own_class, own_modules
from .referents import is_module, may_hold_objects
from .root import Root
from .search_order import (
    MADE_OF_TENSORS,
    MODULE_OR_CLASS,
    SMALL_TENSOR,
    TENSOR,
    UNKNOWN,
    by_evidence,
    grouped,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class Namespace:
    """The person's namespace, without what the host put there."""

    def __init__(self) -> None:
        """Find the host of this process."""
        self.host = current_host()
        self.names = self.host.names
        self._own_modules = own_modules()

    def dictionaries(self) -> list[Any]:
        """Return the tables that hold everything, and that no holder is blamed for."""
        found: list[Any] = [
            self.names,
            sys.modules,
            names_of(sys),
            names_of(sys.modules["builtins"]),
        ]
        return [*found, *self.host.own_tables()]

    def tables(self) -> list[Mapping[Any, Any]]:
        """Return the tables from which a person's own names and outputs are made roots."""
        found = [self.names, *(names_of(module) for _, module in self._own_modules)]
        found += self.host.output_tables()
        found += [
            attributes_of_class(value)
            for names in found
            for value in list(names.values())
            if is_own_class(value)
        ]
        return list({id(each): each for each in found}.values())

    def variable_roots(self) -> tuple[list[Root], list[Root]]:
        """One root for each variable; more for modules and classes of the person's own.

        Returns:
            Those that are likely to hold much, and the others, in groups if there are many.
        """
        names = list(self.names.items())
        sorted_names = by_evidence(item for item in names if type(item[0]) is str)
        likely = [*sorted_names[TENSOR], *sorted_names[MADE_OF_TENSORS]]
        first = [root for root in starmap(self._root_of, likely) if root is not None]
        for name, value in sorted_names[MODULE_OR_CLASS]:
            first += self._attribute_roots(name, value)
        others = [item for item in sorted_names[UNKNOWN] if may_hold_objects(item[1])]
        small = grouped(sorted_names[SMALL_TENSOR], self._root_of)
        return first, [*grouped(others, self._root_of), *small]

    def variable(self, name: str) -> Root | None:
        """Return the root of one variable; None for a name that is not the user's."""
        if name not in self.names or self.host.is_host_name(name, self.names[name]):
            return None
        return self._variable(name, self.names[name])

    def _root_of(self, name: str, value: Any) -> Root | None:
        return None if self.host.is_host_name(name, value) else self._variable(name, value)

    def _attribute_roots(self, name: str, value: Any) -> list[Root]:
        if self.host.is_host_name(name, value):
            return []
        own = is_own(value) if is_module(value) else is_own_class(value)
        return attribute_roots(name, value, f"del {name}.") if own else []

    def _variable(self, name: str, value: Any) -> Root:
        def release_now() -> None:
            self.names.pop(name, None)

        can_be_typed = name.isidentifier() and not iskeyword(name)
        line = f"del {name}" if can_be_typed else f"del globals()[{name!r}]"
        return Root(name, "variable", [(name, value)], line, None, release_now, is_in_table=True)

    def module_roots(self) -> list[Root]:
        """One root for each module of the person's own that no variable stands for."""
        named = {id(value) for value in list(self.names.values())}
        found = []
        for module_name, module in self._own_modules:
            names = names_of(module)
            if id(module) in named or names is self.names or module_name == "__main__":
                continue
            line = f"import sys; del sys.modules[{module_name!r}]."
            found += attribute_roots(module_name, module, line)
        return found

    def garbage_roots(self) -> list[Root]:
        """What the garbage collector keeps because it was told to."""
        if not gc.garbage:
            return []
        line = "import gc; gc.garbage.clear()"
        note = "gc.set_debug(gc.DEBUG_SAVEALL) keeps what was collected."
        values = [("gc.garbage", gc.garbage)]
        return [Root("gc.garbage", "cycle", values, line, note, gc.garbage.clear)]
