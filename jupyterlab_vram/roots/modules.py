"""Which modules and classes are a person's own, and what their names hold."""

from __future__ import annotations

import gc
import site
import sys
import sysconfig
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, module_of, names_of

from .libraries import Libraries
from .referents import is_module
from .root import Root

if TYPE_CHECKING:
    from collections.abc import Mapping

_PACKAGE = __name__.partition(".")[0]


@lru_cache(maxsize=4)
def _libraries(search_path: tuple[str, ...]) -> Libraries:
    """The folders of the standard library and of installed packages."""
    paths = sysconfig.get_paths()
    folders = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    # The `site` of old virtual environments lacks these.
    folders += getattr(site, "getsitepackages", list)()
    folders.append(getattr(site, "getusersitepackages", str)() or "")
    # A folder that pip filled, as with `--target`.
    folders += [path for path in search_path if path and any(Path(path).glob("*.dist-info"))]
    resolved = [str(Path(folder).resolve()) for folder in folders if folder]
    return Libraries([*folders, *resolved], search_path, sys.base_prefix)


def is_own(module: Any) -> bool:
    """Whether ``module`` is neither the standard library's nor an installed package's."""
    names = names_of(module)
    name, file = names.get("__name__"), names.get("__file__")
    if type(name) is not str or name.partition(".")[0] in (_PACKAGE, "sys", "builtins"):
        return False
    if type(file) is not str:
        # A package without a file of its own is where its folders are.
        file = next(iter(names.get("__path__") or ()), "")
        origin = getattr(names.get("__spec__"), "origin", None)
        if origin is not None or name in sys.builtin_module_names:
            return False
    search_path = tuple(path for path in sys.path if type(path) is str)
    return not _libraries(search_path).hold(str(file))


def is_own_class(value: Any) -> bool:
    """Whether ``value`` is a class that is defined in a cell or in an own module."""
    if not issubclass(type(value), type):
        return False
    name = module_of(value)
    module = sys.modules.get(name)
    return name == "__main__" or (is_module(module) and is_own(module))


def own_modules() -> list[tuple[str, Any]]:
    """List the imported modules that are the person's own."""
    modules = {name: each for name, each in list(sys.modules.items()) if is_module(each)}
    #: What is true of a package is true of all its modules.
    verdicts: dict[str, bool] = {}
    found = []
    for name, module in modules.items():
        package = name.partition(".")[0]
        if package not in verdicts:
            verdicts[package] = is_own(modules.get(package, module))
        if verdicts[package]:
            found.append((name, module))
    return found


def attribute_roots(name: str, owner: Any, line: str) -> list[Root]:
    """Make one root for all that a module or a class holds, which splits by name when needed.

    Args:
        name: what a person calls the owner.
        owner: the module or the class.
        line: what releases one attribute, when its name is put behind it.
    """

    def expand() -> list[Root]:
        found: list[Root] = []
        for key, value in list(_attributes(owner).items()):
            if type(key) is not str:
                continue
            label = f"{name}.{key}"
            if is_own_class(value):
                found += attribute_roots(label, value, f"{line}{key}.")
            elif gc.is_tracked(value):
                delete = partial(_delete, owner, key)
                values = [(label, value)]
                root = Root(label, "module", values, line + key, None, delete, is_in_table=True)
                found.append(root)
        return found

    return [Root(name, "module", [(name, each) for each in _values(owner)], expand=expand)]


def _attributes(owner: Any) -> Mapping[str, Any]:
    return names_of(owner) if is_module(owner) else attributes_of_class(owner)


def _values(owner: Any) -> list[Any]:
    """Everything that an owner's attributes hold, own classes' attributes included."""
    found: list[Any] = []
    for value in list(_attributes(owner).values()):
        if is_own_class(value):
            found += attributes_of_class(value).values()
        elif gc.is_tracked(value):
            found.append(value)
    return found


def _delete(owner: Any, name: str) -> None:
    if is_module(owner):
        names_of(owner).pop(name, None)
    else:
        type.__delattr__(owner, name)
