"""Who uses the GPUs, as plain text, for ``%vram_ps``."""

from __future__ import annotations

import re
import time
from pathlib import PurePath
from typing import TYPE_CHECKING

from jupyterlab_vram.devices.numbering import Place, gpu_name, here, places_of
from jupyterlab_vram.nvidia.types import torch_uuid
from jupyterlab_vram.units import format_bytes

from .report import align

if TYPE_CHECKING:
    from jupyterlab_vram.nvidia.types import Gpu
    from jupyterlab_vram.processes.listing import GpuProcess, Survey

_WHY_NOTHING = {
    "no-tool": "Neither nvidia-smi nor the package nvidia-ml-py is here, "
    "so the driver can't be asked.",
    "no-driver": "The NVIDIA driver is not loaded on this machine.",
    "no-devices": "The driver sees no NVIDIA GPU.",
    "mismatch": "The NVIDIA driver and its library have different versions. "
    "Restart the machine, or reload the driver.",
    "no-permission": "The driver does not allow this user to query it.",
    "lost": "The GPU has fallen off the bus.",
    "timeout": "The driver did not answer in time.",
    "failed": "The driver could not be queried.",
}
_LEFTOVER = {"orphan": " (orphan: its parent has ended)", "unowned": " (orphan?)"}

_MAX_COMMAND_LENGTH = 60

#: What ends the path of a console.
_CONSOLE_ID = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)


def table(survey: Survey, *, with_graphics: bool = False) -> str:
    """Lay out one survey: a block for each GPU, or why there is none."""
    if survey.state != "ok":
        detail = f" ({survey.detail})" if survey.detail else ""
        return _WHY_NOTHING[survey.state] + detail
    return "\n\n".join(_block(survey, gpu, with_graphics) for gpu in survey.gpus)


def _block(survey: Survey, gpu: Gpu, with_graphics: bool) -> str:
    place = places_of(survey.gpus).get(torch_uuid(gpu.uuid))
    lines = [_heading(gpu, place)]
    rows = [["  PID", "memory", "user", "runs for", "what"]]
    for process in survey.processes:
        share = next((each for each in process.shares if each.uuid == gpu.uuid), None)
        if share is not None and (with_graphics or process.kind != "graphics"):
            rows.append(_row(process, share.used_bytes))
    if not gpu.is_listed:
        lines.append("  The driver does not list the processes that use it.")
    elif len(rows) == 1:
        lines.append("  The driver lists no process.")
    else:
        lines.append(align(rows, left=(0, 2, 4)))
    other = survey.other_bytes(gpu)
    if other:
        lines.append(f"  Other processes or containers: {format_bytes(other)}")
    return "\n".join(lines)


def _heading(gpu: Gpu, place: Place | None) -> str:
    kind = "GPU" if gpu.parent_uuid is None else "MIG slice"
    name = f"{kind} {gpu.index}" if place is None else gpu_name(*place)
    notes = [note for note in (gpu.name, here(gpu.uuid, place)) if note]
    used = "unknown" if gpu.used_bytes is None else format_bytes(gpu.used_bytes)
    total = "" if gpu.total_bytes is None else f" of {format_bytes(gpu.total_bytes)}"
    said = f" ({', '.join(notes)})" if notes else ""
    return f"{name}{said}: {used}{total} used"


def _row(process: GpuProcess, used_bytes: int | None) -> list[str]:
    started = process.started_s
    return [
        f"  {process.pid}",
        "unknown" if used_bytes is None else format_bytes(used_bytes),
        process.user or "unknown",
        "unknown" if started is None else _format_age(time.time() - started),
        _what(process) + _LEFTOVER.get(process.leftover or "", ""),
    ]


def _what(process: GpuProcess) -> str:
    command = process.command or "unknown"
    if not process.is_visible:
        return f"{command[:_MAX_COMMAND_LENGTH]} (on the host or in another container)"
    part = "" if process.is_kernel else "a process of "
    if process.is_own:
        return f"{part}this kernel"
    if process.notebook is not None:
        return f"{part}{_CONSOLE_ID.sub('', PurePath(process.notebook).name)}"
    return command[:_MAX_COMMAND_LENGTH]


def _format_age(age_s: float) -> str:
    for unit, length_s in (("d", 86400), ("h", 3600), ("min", 60)):
        if age_s >= length_s:
            return f"{age_s / length_s:.0f} {unit}"
    return f"{max(0, age_s):.0f} s"
