"""Classes and modules, read without running code of theirs.

A metaclass may compute a class's name, its bases and its equality, and a module may load
itself when one of its names is asked for.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Callable

#: A class's bases and names as they are, whatever its metaclass would answer.
bases_of = type.__dict__["__mro__"].__get__
attributes_of_class = type.__dict__["__dict__"].__get__
_module_of = type.__dict__["__module__"].__get__
name_of_class = type.__dict__["__name__"].__get__

#: A module's names without asking it: one that loads itself on first touch stays untouched.
names_of: Callable[[Any], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__


def module_of(cls: type) -> str:
    """Return the name of the module that defines ``cls``; empty where it has none."""
    try:
        name = _module_of(cls)
    except AttributeError:
        return ""
    return name if type(name) is str else ""


def share(classes: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    """Whether the two share a class, by identity: a metaclass may have its own equality."""
    return any(each is one for each in classes for one in wanted)


def with_subclasses(base: type) -> dict[int, type]:
    """Return ``base`` and all classes made from it, by their identities.

    A metaclass may have its own equality and its own list of subclasses.
    """
    found: dict[int, type] = {}
    pending: list[type] = [base]
    while pending:
        cls = pending.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            pending += type.__subclasses__(cls)
    return found
