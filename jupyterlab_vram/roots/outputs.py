"""What the host keeps on its own because a cell showed it, and names that it keeps out of sight."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from .root import Root, clear_line

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.host.interface import Host


def output_roots(host: Host) -> list[Root]:
    """One root for each value that a cell showed, named as a person would look it up."""
    found = []
    note = host.notes.outputs
    for places, value in host.outputs():
        name = places[0]
        kind: wire.HolderKind = "output" if name.startswith("Out[") else "display"
        release_now = partial(host.forget_output, value)
        values = [(name, value)]
        root = Root(name, kind, values, clear_line(name), note, release_now, is_in_table=True)
        root.cleared_as = name
        found.append(root)
    return found


def hidden_roots(host: Host) -> list[Root]:
    """Names that were pushed into the namespace out of sight, and are kept there twice."""
    found = []
    for label, line, name, value in host.hidden_values():
        release_now = partial(host.hidden.pop, name, None)
        values = [(label, value)]
        found.append(Root(label, "display", values, line, None, release_now, is_in_table=True))
    return found
