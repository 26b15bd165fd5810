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
from itertools import chain
from typing import TYPE_CHECKING, Any

from .referents import is_module, may_hold_objects
from .storages import is_machinery, is_node
from .tensors import TensorReader, bases_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .account import Reach

#: Objects behind one holder that are counted, at most.
_MAX_OBJECTS = 300_000
#: Without the interpreter's lock numbers of references are estimates.
_ARE_EXACT = not sysconfig.get_config_var("Py_GIL_DISABLED")


def _references(items: list[Any]) -> list[int]:
    """Count the references to each item, that of the list included."""
    return [count - _OF_CALL for count in map(sys.getrefcount, items)]


_OF_CALL = next(map(sys.getrefcount, [object()])) - 1


class Promises:
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
        self, reach: Reach, reaches: list[Reach], reader: TensorReader
    ) -> list[Any] | None:
        """Return the objects behind a root to which something unknown refers.

        Args:
            reach: what the root reaches, and the objects on the way.
            reaches: all of which the search keeps such lists.
            reader: reads tensors.

        Returns:
            None where it can't be told.
        """
        items = reach.objects
        if not (_ARE_EXACT and reach.root.is_in_table) or len(items) > _MAX_OBJECTS:
            return None
        ours = Counter(chain.from_iterable(map(id, each.objects) for each in reaches))
        inner = Counter(map(id, _referents(items)))
        found = []
        for item, count in zip(items, _references(items)):
            key = id(item)
            excess = self._beyond.get(key, count - ours[key]) - inner[key]
            if excess > 0 and not _is_closed(item) and excess > _own(item, inner[key], reader):
                found.append(item)
        return found


def _own(item: Any, inner: int, reader: TensorReader) -> int:
    """References that torch itself has to a tensor that its C++ code keeps."""
    is_tensor = reader.is_tensor_class(bases_of(type(item)))
    return int(is_tensor and reader.is_kept_by_torch(item, inner))


def _referents(items: list[Any]) -> list[Any]:
    """What ``items`` refer to, as often as they do; of arrays, too, which the collector skips."""
    found = gc.get_referents(*(each for each in items if not _is_closed(each)))
    array_type = getattr(sys.modules.get("numpy"), "ndarray", None)
    for each in items:
        if type(each) is array_type and each.dtype.hasobject:
            found += each.flat
    return found


def _is_closed(item: Any) -> bool:
    """Whether its references tell nothing: walks do not enter it, or it is torch's own."""
    cls = type(item)
    if is_module(item) or issubclass(cls, type) or is_machinery(cls):
        return True
    return is_node(bases_of(cls))
