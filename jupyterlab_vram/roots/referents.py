"""What objects refer to, as the garbage collector knows it, where asking does no harm.

Up to CPython 3.13.0 the collector must not be asked what modules refer to:
``_asyncio`` hands out objects that were freed before. They are freed a second
time, and whoever asks it once more waits for ever
(https://github.com/python/cpython/issues/122695).
"""

from __future__ import annotations

import gc
import sys
from itertools import compress
from operator import not_
from types import ModuleType
from typing import Any

from jupyterlab_vram.classes import names_of, with_subclasses


def referents(item: Any) -> list[Any]:
    """Return what ``item`` refers to; of a module only its names."""
    return [names_of(item)] if is_module(item) else gc.get_referents(item)


def is_module(item: Any) -> bool:
    """Whether ``item`` is a module, whatever it claims to be."""
    return issubclass(type(item), ModuleType)


def may_hold_objects(item: Any) -> bool:
    """Whether ``item`` may hold objects: the collector tracks it, or it may hold an array."""
    if gc.is_tracked(item):
        return True
    cls = type(item)
    return (cls is dict or cls is tuple or cls is _array_type()) and _array_type() is not None


def _array_type() -> Any:
    return getattr(sys.modules.get("numpy"), "ndarray", None)


def without_modules(items: list[Any]) -> tuple[list[Any], list[Any]]:
    """Return the others, and the modules; for long lists."""
    # In C as far as it goes.
    are_modules = list(map(_module_types().__contains__, map(id, map(type, items))))
    return list(compress(items, map(not_, are_modules))), list(compress(items, are_modules))


def _module_types() -> set[int]:
    """Identities of all classes of modules; some libraries make their own."""
    return set(with_subclasses(ModuleType))
