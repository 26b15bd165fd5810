"""Whether something that no root leads to keeps what a holder is said to free.

As the garbage collector does it: an object with more references than those that are known is
held from outside, by a library's table or by C code. What such an object reaches is not freed
with the holder. Only numbers of references are looked at.
"""

from __future__ import annotations

import gc
import sys
import sysconfig
from collections import Counter
from itertools import chain, compress, repeat
from operator import is_
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import bases_of
from jupyterlab_vram.roots.referents import is_module, may_hold_objects

from .walker import is_machinery, is_node

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyterlab_vram.devices.tensors import TensorReader

    from .attribution import Reach

#: Objects behind one holder that are counted, at most.
_MAX_OBJECTS = 300_000
#: Without the interpreter's lock numbers of references are estimates.
_ARE_EXACT = not sysconfig.get_config_var("Py_GIL_DISABLED")


def _references(items: list[Any]) -> list[int]:
    """Count the references to each item, that of the list included."""
    return [count - _OF_CALL for count in map(sys.getrefcount, items)]


_OF_CALL = next(map(sys.getrefcount, [object()])) - 1


class ReferenceCounts:
    """References as they were before a search made any of its own."""

    def __init__(self, tables: Iterable[Mapping[Any, Any]]) -> None:
        """Count those to the values of ``tables``, from which the roots are made."""
        values = [value for table in tables for value in table.values() if may_hold_objects(value)]
        named = Counter(map(id, values))
        #: References besides those of the tables, by the value's identity.
        self._beyond = {
            id(value): count - 2 * named[id(value)]
            for value, count in zip(values, _references(values))
        }

    def held_from_outside(
        self, reach: Reach, ours: Counter[int], reader: TensorReader
    ) -> list[Any] | None:
        """Return the objects behind a root to which something unknown refers.

        Args:
            reach: what the root reaches, and the objects on the way.
            ours: how often the search itself refers to objects, see :func:`own_references`.
            reader: reads tensors.

        Returns:
            None where it can't be told.
        """
        items = reach.objects
        if not (_ARE_EXACT and reach.root.is_in_table) or len(items) > _MAX_OBJECTS:
            return None
        classes = list(map(id, map(type, items)))
        closed = {key: _is_closed(item) for key, item in dict(zip(classes, items)).items()}
        inner = Counter(map(id, _referents(items, [not closed[key] for key in classes])))
        # Hooks, and contexts of functions that are written in Python.
        inner.update(map(id, gc.get_referents(*reach.nodes.values())))
        tensors = compress(items, map(reader.classes().__contains__, classes))
        inner.update(map(id, map(reader.hooks_of, tensors)))
        beyond, found = self._beyond, []
        for item, cls, count in zip(items, classes, _references(items)):
            key = id(item)
            excess = beyond.get(key, count - ours[key]) - inner[key]
            if excess > 0 and not closed[cls] and excess > _own(item, inner[key], reader):
                found.append(item)
        # What torch may keep by itself is no evidence of anything else that does.
        told = [item for item in found if not reader.may_be_kept_by_torch(item)]
        return told if told or not found else None


def own_references(reaches: list[Reach]) -> Counter[int]:
    """Count how often the lists of ``reaches`` refer to each object, by its identity."""
    return Counter(chain.from_iterable(map(id, each.objects) for each in reaches))


def _own(item: Any, inner: int, reader: TensorReader) -> int:
    """References that torch itself has to a tensor that its C++ code keeps."""
    is_tensor = reader.is_tensor_class(bases_of(type(item)))
    return int(is_tensor and reader.is_kept_by_torch(item, inner))


def _referents(items: list[Any], are_open: list[bool]) -> list[Any]:
    """What ``items`` refer to, as often as they do; of arrays, too, which the collector skips."""
    found = gc.get_referents(*compress(items, are_open))
    array_type = getattr(sys.modules.get("numpy"), "ndarray", None)
    if array_type is not None:
        are_arrays = map(is_, map(type, items), repeat(array_type))
        for each in compress(items, are_arrays):
            found += each.flat if each.dtype.hasobject else ()
    return found


def _is_closed(item: Any) -> bool:
    """Whether its references tell nothing: walks do not enter it, or it is torch's own."""
    cls = type(item)
    if is_module(item) or issubclass(cls, type) or is_machinery(cls):
        return True
    return is_node(bases_of(cls))
