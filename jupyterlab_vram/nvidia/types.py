"""What an NVIDIA driver reports of its GPUs and of who uses them.

The common ground of :mod:`nvml` and :mod:`smi`. All figures are in bytes, and
None means that the driver did not tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

#: No process has a greater number on Linux; a list with one was read wrongly.
MAX_PID = 1 << 22

#: Anything from here on is one of the driver's ways to say "not available".
_TOO_MANY_BYTES = 2**53

#: NVML's return values, which are also the exit codes of ``nvidia-smi``.
_STATES: dict[int, wire.SurveyState] = {
    4: "no-permission",
    6: "no-devices",
    9: "no-driver",
    12: "no-driver",
    15: "lost",
    18: "mismatch",
}


class DriverError(Exception):
    """Raised when the driver could not be asked.

    Attributes:
        state: ``no-tool``, ``no-driver``, ``no-devices``, ``mismatch``,
            ``no-permission``, ``lost``, ``timeout`` or ``failed``.
        detail: what the driver said, or an empty text.
    """

    def __init__(self, state: wire.SurveyState, detail: str = "") -> None:
        super().__init__(f"{state}: {detail}")
        self.state = state
        self.detail = detail


@dataclass(frozen=True)
class Gpu:
    """One GPU, or one MIG slice of it, as the driver counts them."""

    uuid: str
    #: The GPU that a slice is part of; None for a whole GPU.
    parent_uuid: str | None
    index: int
    name: str | None
    total_bytes: int | None
    used_bytes: int | None
    #: Whether the driver listed the processes; an empty list is an answer too.
    is_listed: bool


@dataclass(frozen=True)
class Numbered:
    """The number that the driver, and so ``nvidia-smi``, gives to a GPU or a MIG slice."""

    uuid: str
    #: The GPU that a slice is part of; None for a whole GPU.
    parent_uuid: str | None
    index: int


@dataclass(frozen=True)
class GpuUse:
    """What one process uses of one GPU."""

    uuid: str
    pid: int
    used_bytes: int | None
    #: ``compute``, ``graphics`` or ``both``.
    kind: wire.ProcessKind = "compute"
    #: The driver's name for the program.
    program: str | None = None


@dataclass(frozen=True)
class DriverAnswer:
    """All GPUs and all uses, from one source: ``nvml`` or ``nvidia-smi``."""

    source: wire.SurveySource
    gpus: tuple[Gpu, ...]
    uses: tuple[GpuUse, ...]


def bare_uuid(uuid: str) -> str:
    """Return ``uuid`` without ``GPU-``."""
    return uuid.removeprefix("GPU-")


def torch_uuid(uuid: str) -> str:
    """Return ``uuid`` as PyTorch writes it: it marks slices of a GPU no more than whole ones."""
    return bare_uuid(uuid).removeprefix("MIG-")


def known_bytes(figure: object) -> int | None:
    """Return ``figure`` if it can be a number of bytes."""
    return figure if isinstance(figure, int) and 0 <= figure < _TOO_MANY_BYTES else None


def process_bytes(figure: object) -> int | None:
    """As :func:`known_bytes`; and none is unknown too.

    A process that the driver lists has a context at least. Some drivers say 0
    where they do not know, as for a process of another container.
    """
    return known_bytes(figure) or None


def state_of(code: object) -> wire.SurveyState:
    """Return the ``DriverError.state`` for a return value of the driver."""
    return _STATES.get(code, "failed") if isinstance(code, int) else "failed"


def merged(uses: list[GpuUse]) -> tuple[GpuUse, ...]:
    """Make one use of what the driver lists twice: as compute and as graphics.

    Both entries carry the same figure, that of the process.
    """
    found: dict[tuple[str, int], GpuUse] = {}
    for use in uses:
        key = (use.uuid, use.pid)
        twin = found.get(key, use)
        found[key] = GpuUse(
            use.uuid,
            use.pid,
            max((each for each in (use.used_bytes, twin.used_bytes) if each), default=None),
            use.kind if use.kind == twin.kind else "both",
            twin.program or use.program,
        )
    return tuple(found.values())
