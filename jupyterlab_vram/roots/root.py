"""One thing that can be released."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire


def clear_line(name: str) -> str:
    """Return the line that makes :func:`jupyterlab_vram.clear` release ``name``."""
    return f"import jupyterlab_vram; jupyterlab_vram.clear(release=[{name!r}])"


@dataclass
class Root:
    """One thing to release: a variable, an output, the last traceback, a thread.

    A root holds the objects themselves, so it must live only for as long as one search takes.
    """

    name: str
    #: See ``Holder.kind``.
    kind: wire.HolderKind
    #: What it holds: how a path to it begins, and the object.
    values: list[tuple[str, Any]]
    #: A line of Python that releases it, or None.
    release: str | None = None
    note: str | None = None
    #: Does what the line does; None where nothing can.
    release_now: Callable[[], None] | None = None
    #: Whether everything by which it is kept is in the tables that ``ReferenceCounts`` knows.
    is_in_table: bool = False
    #: Splits a root that stands for many, once it is known to reach something.
    expand: Callable[[], list[Root]] | None = field(default=None, repr=False)
    #: What ``clear(release=[...])`` calls it; None where the line does not need that.
    cleared_as: str | None = None

    def objects(self) -> list[Any]:
        """Return what it holds."""
        return [value for _, value in self.values]
