"""What the class of a variable tells before anything is looked through.

Where there are many variables or little time, what is likely to hold much comes first, and
the rest is looked at in groups.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import bases_of, module_of
from jupyterlab_vram.devices.tensors import tensor_reader

from .referents import is_module
from .root import Root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Variable = tuple[str, Any]

TENSOR, MADE_OF_TENSORS, MODULE_OR_CLASS, UNKNOWN, SMALL_TENSOR = range(5)
#: Tensors of less come last: together they are one line.
_LARGE_BYTES = 1 << 20
_PACKAGES = ("torch.nn", "torch.optim", "torch.cuda", "torch.utils.data")
#: So many variables of which nothing is known are looked at one by one.
_MAX_SINGLE = 500
_GROUP = 128
_LEAST_GROUP = 8


def by_evidence(variables: Iterable[Variable]) -> dict[int, list[Variable]]:
    """Sort variables by what their classes tell; tensors with the largest first."""
    reader = tensor_reader()
    kinds: dict[int, int] = {}
    found: dict[int, list[Variable]] = {
        kind: [] for kind in (TENSOR, MADE_OF_TENSORS, MODULE_OR_CLASS, UNKNOWN, SMALL_TENSOR)
    }
    for variable in variables:
        cls = type(variable[1])
        kind = kinds.get(id(cls))
        if kind is None:
            kind = kinds[id(cls)] = _kind(cls, variable[1], reader)
        found[kind].append(variable)
    if reader is not None:
        sizes = [(reader.size(value), name, value) for name, value in found[TENSOR]]
        sizes.sort(key=itemgetter(0), reverse=True)
        # The size of a subclass is not known, and counts as large.
        large = [each for each in sizes if not 0 < each[0] < _LARGE_BYTES]
        found[TENSOR] = [(name, value) for _, name, value in large]
        found[SMALL_TENSOR] = [each[1:] for each in sizes if 0 < each[0] < _LARGE_BYTES]
    return found


def _kind(cls: type, value: Any, reader: Any) -> int:
    if is_module(value) or issubclass(cls, type):
        return MODULE_OR_CLASS
    bases = bases_of(cls)
    if reader is not None and reader.is_tensor_class(bases):
        return TENSOR
    if reader is not None and reader.kind_of_class(bases) is not None:
        return MADE_OF_TENSORS
    is_known = any(module_of(base).startswith(_PACKAGES) for base in bases)
    return MADE_OF_TENSORS if is_known else UNKNOWN


def grouped(variables: list[Variable], root_of: Callable[[str, Any], Root | None]) -> list[Root]:
    """One root for each variable; where there are too many, one for each group of them.

    Args:
        variables: their names and values.
        root_of: makes the root of one; None for a name that is not the user's.
    """
    if len(variables) <= _MAX_SINGLE:
        return _single(variables, root_of)
    starts = range(0, len(variables), _GROUP)
    return [_group(variables[start : start + _GROUP], root_of) for start in starts]


def _group(variables: list[Variable], root_of: Callable[[str, Any], Root | None]) -> Root:
    def expand() -> list[Root]:
        if len(variables) <= _LEAST_GROUP:
            return _single(variables, root_of)
        half = len(variables) // 2
        return [_group(variables[:half], root_of), _group(variables[half:], root_of)]

    return Root("", "variable", variables, expand=expand)


def _single(variables: list[Variable], root_of: Callable[[str, Any], Root | None]) -> list[Root]:
    roots = [root_of(name, value) for name, value in variables]
    return [root for root in roots if root is not None]
