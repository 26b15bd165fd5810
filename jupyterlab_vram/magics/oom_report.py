"""The last out-of-memory error as plain text, for ``%vram_oom``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from jupyterlab_vram.devices.numbering import label
from jupyterlab_vram.units import format_bytes

from .report import align

if TYPE_CHECKING:
    from jupyterlab_vram import wire
    from jupyterlab_vram.cells.oom import Failure
    from jupyterlab_vram.holders.result import Holder

#: Holders that are printed.
MAX_HOLDERS = 5


def explained(failure: Failure, now: wire.Reading, held: list[Holder]) -> str:
    """Lay out a failure: what was tried and free, who had what then and now, who holds most."""
    lines = [_head(failure), _figures(failure)]
    table = _table(failure, now)
    lines += table or ["The values of the device are not known."]
    lines += _holders(held)
    lines.append("Paste the error into the panel of JupyterLab to read what to do about it.")
    return "\n".join(line for line in lines if line)


def nothing() -> str:
    """Say that there was no failure."""
    return "No out-of-memory error is known in this kernel."


def _head(failure: Failure) -> str:
    cell = "" if failure.execution_count is None else f" in cell [{failure.execution_count}]"
    ago = max(0, int(time.time() - failure.time))
    return f"Out of memory{cell}, {ago} s ago: {failure.error}"


def _figures(failure: Failure) -> str:
    known = [
        f"{label} {format_bytes(count)}"
        for label, count in (("tried", failure.tried_bytes), ("free", failure.free_bytes))
        if count is not None
    ]
    return ", ".join(known)


def _table(failure: Failure, now: wire.Reading) -> list[str]:
    rows = [["device", "when", "allocated", "reserved", "free"]]
    for when, devices in (("then", failure.devices), ("now", now["devices"])):
        for device in devices:
            figures = (device["allocated_bytes"], device["reserved_bytes"], device["free_bytes"])
            shown = ["-" if count is None else format_bytes(count) for count in figures]
            rows.append([label(device["id"]), when, *shown])
    return [align(rows)] if len(rows) > 1 else []


def _holders(held: list[Holder]) -> list[str]:
    biggest = [each for each in held if each.bytes > 0][:MAX_HOLDERS]
    if not biggest:
        return []
    rows = [["held now by", "bytes", "release with"]]
    rows += [[each.name, format_bytes(each.bytes), each.release or "-"] for each in biggest]
    return [align(rows)]
