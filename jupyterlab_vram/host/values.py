"""What a host and the rest of this package hand to each other."""

from __future__ import annotations

from typing import Any, NamedTuple


class CannotPushError(RuntimeError):
    """Raised where a host has no channel on which messages can be sent."""


class ChannelClosedError(RuntimeError):
    """Raised when the channel is closed: the kernel is going away."""


class Execution(NamedTuple):
    """The request whose code the main thread is running, and since when."""

    request: dict[str, Any]
    started_s: float | None


class HostNotes(NamedTuple):
    """Sentences about what a host holds."""

    outputs: str
    other_shell: str


class Kept(NamedTuple):
    """One value that a host keeps on its own because a cell showed it."""

    #: Where it is kept; the first is what a person calls it.
    places: list[str]
    value: Any


class Hidden(NamedTuple):
    """One of the person's names that a host keeps out of sight."""

    #: What a person calls it, and the line that lets go of it.
    place: str
    release: str
    name: str
    value: Any


class CellStart(NamedTuple):
    """A cell that is about to run."""

    cell_id: str | None
    code: str
    #: None for a cell that is not counted.
    execution_count: int | None


class CellEnd(NamedTuple):
    """A cell that has run."""

    ok: bool
    execution_count: int | None
    error: BaseException | None
    #: It had no code: its start was not announced.
    is_blank: bool
