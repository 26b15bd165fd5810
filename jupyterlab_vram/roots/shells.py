"""IPython shells beside the kernel's own: an embedded one has variables and outputs, too."""

from __future__ import annotations

import gc
import sys
import threading
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, bases_of, names_of, with_subclasses

from .frames import frame_values
from .outputs import Outputs
from .root import Root, clear_line

if TYPE_CHECKING:
    from types import FrameType

#: What IPython itself puts into a namespace.
_IPYTHONS = ("In", "Out", "get_ipython", "exit", "quit", "open")
_NOTE = "It is in the namespace of another IPython shell in this process."


def other_shell_roots(shell: Any, namespace: dict[str, Any]) -> list[Root]:
    """One root for each variable and output of every other shell.

    Args:
        shell: the kernel's own.
        namespace: the person's variables, with the names under which they know a shell.
    """
    found: list[Root] = []
    for place, each in enumerate(_others(shell, namespace)):
        names = names_of_shell(each)
        if names is None or names is namespace:
            continue
        known = [name for name, value in list(namespace.items()) if value is each]
        label = next((name for name in known if _is_a_persons(name)), f"another shell {place + 1}")
        found += _variables(label, each, names)
        for root in Outputs(each).roots():
            root.name = f"{label}: {root.name}"
            root.release = clear_line(root.name)
            found.append(root)
    return found


def names_of_shell(shell: Any) -> dict[str, Any] | None:
    """Return the variables of a shell, None where it has none yet."""
    names = getattr(shell, "user_ns", None)
    return names if type(names) is dict else None


def _variables(label: str, shell: Any, names: dict[str, Any]) -> list[Root]:
    """One root for each variable, which a shell may keep out of sight once more."""
    found = []
    hidden = shell.user_ns_hidden
    only_hidden = [each for each in list(hidden.items()) if names.get(each[0]) is not each[1]]
    for name, value in [*list(names.items()), *only_hidden]:
        if not _is_a_persons(name) or name in _IPYTHONS or not gc.is_tracked(value):
            continue
        path = f"{label}.user_ns[{name!r}]"
        let_go = partial(_forget, (names, hidden), name, value)
        found.append(Root(path, "variable", [(path, value)], clear_line(path), _NOTE, let_go))
    return found


def _forget(places: tuple[dict[str, Any], ...], name: str, value: Any) -> None:
    for names in places:
        if names.get(name) is value:
            del names[name]


def _is_a_persons(name: Any) -> bool:
    return type(name) is str and not name.startswith("_")


def _others(shell: Any, namespace: dict[str, Any]) -> list[Any]:
    """Find all shells but ``shell``, as far as something leads to them."""
    base = getattr(sys.modules.get("IPython.core.interactiveshell"), "InteractiveShell", None)
    if base is None:
        return []
    candidates = [*list(namespace.values()), *_instances(base), *_on_stack()]
    main: Any = sys.modules.get("__main__")
    if main is not None and names_of(main) is not names_of_shell(shell):
        # A shell that was made without a name: making it left its module behind.
        candidates += _all_of(base)
    found = {id(each): each for each in candidates if _is_of(each, base) and each is not shell}
    return list(found.values())


def _instances(base: type) -> list[Any]:
    """Return the one instance that each class of shells may have."""
    return [attributes_of_class(cls).get("_instance") for cls in with_subclasses(base).values()]


def _on_stack() -> list[Any]:
    """Return what IPython's functions on all stacks work on: an embedded shell runs in one."""
    found: list[Any] = []
    # The one way to see other threads' stacks.
    stacks = sys._current_frames()  # noqa: SLF001
    # A frame that refers to itself would keep all of this alive.
    stacks[threading.get_ident()] = sys._getframe(1)  # noqa: SLF001
    for top in stacks.values():
        frame: FrameType | None = top
        while frame is not None:
            name = frame.f_globals.get("__name__")
            if type(name) is str and name.startswith("IPython.terminal."):
                found += frame_values(frame)
            frame = frame.f_back
    return found


def _all_of(base: type) -> list[Any]:
    classes = with_subclasses(base)
    objects = gc.get_objects()
    return list(compress(objects, map(classes.__contains__, map(id, map(type, objects)))))


def _is_of(value: Any, base: type) -> bool:
    return any(each is base for each in bases_of(type(value)))
