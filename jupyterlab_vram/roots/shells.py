"""Shells beside the host's own: an embedded one has variables and outputs, too."""

from __future__ import annotations

import gc
import sys
import threading
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import bases_of, names_of, with_subclasses
from jupyterlab_vram.host.current import (
    is_embedded_frame,
    is_shown_host_name,
    registered_shells,
    shell_class,
)

from .frames import frame_values
from .outputs import output_roots
from .root import Root, clear_line

if TYPE_CHECKING:
    from types import FrameType

    from jupyterlab_vram.host.interface import Host


def other_shell_roots(host: Host) -> list[Root]:
    """One root for each variable and output of every other shell."""
    found: list[Root] = []
    namespace = host.names
    for place, each in enumerate(_others(host)):
        other = host.like(each)
        if type(other.names) is not dict or not other.names or other.names is namespace:
            continue
        known = [name for name, value in list(namespace.items()) if value is each]
        label = next((name for name in known if _is_a_persons(name)), f"another shell {place + 1}")
        found += _variables(label, other)
        for root in output_roots(other):
            root.name = f"{label}: {root.name}"
            root.release = clear_line(root.name)
            found.append(root)
    return found


def _variables(label: str, other: Host) -> list[Root]:
    """One root for each variable, which a shell may keep out of sight once more."""
    found = []
    note = other.notes.other_shell
    names, hidden = other.names, other.hidden
    only_hidden = [each for each in list(hidden.items()) if names.get(each[0]) is not each[1]]
    for name, value in [*list(names.items()), *only_hidden]:
        if not _is_a_persons(name) or is_shown_host_name(name) or not gc.is_tracked(value):
            continue
        path = other.place_of(label, name)
        release_now = partial(_forget, (names, hidden), name, value)
        found.append(Root(path, "variable", [(path, value)], clear_line(path), note, release_now))
    return found


def _forget(places: tuple[dict[str, Any], ...], name: str, value: Any) -> None:
    for names in places:
        if names.get(name) is value:
            del names[name]


def _is_a_persons(name: Any) -> bool:
    return type(name) is str and not name.startswith("_")


def _others(host: Host) -> list[Any]:
    """Find all shells but the host's own, as far as something leads to them."""
    base = shell_class()
    if base is None or host.shell is None:
        return []
    candidates = [*list(host.names.values()), *registered_shells(), *_on_stack()]
    main: Any = sys.modules.get("__main__")
    if main is not None and names_of(main) is not host.names:
        # A shell that was made without a name: making it left its module behind.
        candidates += _all_of(base)
    own = host.shell
    found = {id(each): each for each in candidates if _is_of(each, base) and each is not own}
    return list(found.values())


def _on_stack() -> list[Any]:
    """Return what functions of shells on all stacks work on: an embedded shell runs in one."""
    found: list[Any] = []
    # The one way to see other threads' stacks.
    stacks = sys._current_frames()  # noqa: SLF001
    # A frame that refers to itself would keep all of this alive.
    stacks[threading.get_ident()] = sys._getframe(1)  # noqa: SLF001
    for top in stacks.values():
        frame: FrameType | None = top
        while frame is not None:
            if is_embedded_frame(frame):
                found += frame_values(frame)
            frame = frame.f_back
    return found


def _all_of(base: type) -> list[Any]:
    classes = with_subclasses(base)
    objects = gc.get_objects()
    return list(compress(objects, map(classes.__contains__, map(id, map(type, objects)))))


def _is_of(value: Any, base: type) -> bool:
    return any(each is base for each in bases_of(type(value)))
