"""Readings and records as plain text, for the magics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyterlab_vram.devices import numbering
from jupyterlab_vram.devices.readings import Allocation
from jupyterlab_vram.units import format_bytes, format_change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.cells.recorder import PeakMeter
    from jupyterlab_vram.holders.clear import ClearReport
    from jupyterlab_vram.holders.result import Holdings

_WHY_NOTHING: dict[wire.ReadingState, str] = {
    "no-torch": "torch is not imported in this kernel, so it holds no GPU memory.",
    "torch-without-gpu": "This build of torch supports no GPU. Try `%vram practice on`.",
    "no-driver": "torch could use a GPU, but this machine has no driver for one. "
    "Try `%vram practice on`.",
    "not-initialized": "Nothing in this kernel has used the GPU yet, so it holds no GPU memory.",
}

#: Holders of what remains after a clear that are told.
_MAX_REMAINING = 8

_COLUMNS = (
    ("allocated", "allocated_bytes"),
    ("reserved", "reserved_bytes"),
    ("peak", "peak_allocated_bytes"),
    ("free", "free_bytes"),
    ("total", "total_bytes"),
)


def table(reading: wire.Reading) -> str:
    """Lay out one reading: a line for each device, or why there is none."""
    if reading["state"] == "error":
        return unreadable(reading["detail"])
    if not reading["devices"]:
        return _WHY_NOTHING[reading["state"]]
    rows = [["device", *(title for title, _ in _COLUMNS)]]
    for device in reading["devices"]:
        figures = [_value(device, key) for _, key in _COLUMNS]
        label = numbering.label(device["id"], device["name"])
        rows.append([label, *("-" if n is None else format_bytes(n) for n in figures)])
    silent = reading["detail"]
    return align(rows) + (f"\nNot every device answers. {silent}" if silent else "")


def _value(device: Mapping[str, Any], key: str) -> int | None:
    value: int | None = device[key]
    return value


def unreadable(detail: str | None) -> str:
    """Say that there are no figures, and why."""
    return f"The memory could not be read: {detail}"


def run(before: list[Allocation], after: list[Allocation], meter: PeakMeter) -> str:
    """Say what one run did: change, peak and what stayed, for each device."""
    starts = {each.device: each for each in before}
    rows = [["device", "change", "peak", "stayed", "reserved"]]
    for now in after:
        start = starts.get(now.device, Allocation(now.device, 0, 0, None))
        peak, exact = meter.peak(now)
        change = now.allocated - start.allocated
        rows.append(
            [
                numbering.label(now.device),
                format_change(change),
                ("" if exact else "at least ") + format_bytes(peak),
                f"{format_bytes(max(0, change))} of {format_bytes(peak - start.allocated)}",
                format_bytes(now.reserved),
            ]
        )
    return align(rows) if after else "The cell used no GPU memory."


def holders(found: Holdings, *, with_parts: bool = False) -> str:
    """Lay out who holds the memory: a line for each holder, and the code that releases it."""
    if not found.holders:
        return "Nothing in this kernel holds GPU memory."
    rows = [["held by", "frees", "shared", "kind", "release with"]]
    for each in found.holders:
        release = each.release or (each.note or "").partition(". ")[0]
        kind = (
            each.kind
            if not each.pinned_bytes
            else f"{each.kind}, pins {format_bytes(each.pinned_bytes)}"
        )
        shared = format_bytes(each.shared_bytes) if each.shared_bytes else ""
        rows.append([each.name, format_bytes(each.bytes), shared, kind, release])
        if with_parts:
            rows += [
                [f"  {part.path}", format_bytes(part.bytes), "", "", ""] for part in each.parts
            ]
    lines = [align(rows, left=(0, 3, 4))]
    if not found.is_complete:
        lines.append("The search ran out of time: there may be more holders.")
    return "\n".join(lines)


def cleared(report: ClearReport) -> str:
    """Say what a clear gave back and what it could not."""
    if not report.after:
        return "There is nothing to clear: this kernel holds no GPU memory."
    starts = {each.device: each for each in report.before}
    lines = []
    for now in report.after:
        start = starts.get(now.device, now)
        given_back = format_bytes(max(0, start.reserved - now.reserved))
        reserved = f"{format_bytes(start.reserved)} -> {format_bytes(now.reserved)}"
        allocated = f"{format_bytes(start.allocated)} -> {format_bytes(now.allocated)}"
        lines.append(
            f"{numbering.label(now.device)}: gave back {given_back}; "
            f"reserved {reserved}, allocated {allocated}"
        )
        if now.allocated:
            lines.append(f"  {format_bytes(now.allocated)} is still allocated.")
    if report.released:
        lines.append(f"Released: {', '.join(report.released)}.")
    lines += [
        f"  {format_bytes(each.bytes + each.shared_bytes)} held by {each.name}"
        for each in report.remaining[:_MAX_REMAINING]
    ]
    return "\n".join(lines)


def align(rows: list[list[str]], left: tuple[int, ...] = (0,)) -> str:
    """Lay out ``rows`` as a table: the columns ``left`` begin alike, the others end alike."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
