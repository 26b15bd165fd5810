"""What objects refer to, as the garbage collector knows it, where asking does no harm."""

from __future__ import annotations

import gc
from types import ModuleType
from typing import Any

from .torch_access import names_of


def referents(*items: Any) -> list[Any]:
    """Return what ``items`` refer to, as ``gc.get_referents`` does; of a module only its names.

    Up to CPython 3.13.0 the module ``_asyncio`` hands out objects that were
    freed before. They are freed a second time, and whoever asks it once more
    waits for ever (https://github.com/python/cpython/issues/122695).
    """
    if _module_types().isdisjoint(map(id, map(type, items))):
        return gc.get_referents(*items)
    modules = [each for each in items if is_module(each)]
    others = [each for each in items if not is_module(each)]
    return [*gc.get_referents(*others), *map(names_of, modules)]


def is_module(item: Any) -> bool:
    """Whether ``item`` is a module, whatever it claims to be."""
    return issubclass(type(item), ModuleType)


def _module_types() -> set[int]:
    """Identities of all classes of modules; some libraries make their own."""
    found: dict[int, type] = {}
    pending: list[type] = [ModuleType]
    while pending:
        cls = pending.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            pending += type.__subclasses__(cls)
    return set(found)
