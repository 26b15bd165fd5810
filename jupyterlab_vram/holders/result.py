"""What a search for holders tells: the holders, and what each device has."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire


@dataclass
class Part:
    """A part of what one holder holds: the memory behind one attribute, key or item."""

    path: str
    bytes: int


@dataclass
class DeviceShare:
    """What one holder holds on one device, in bytes."""

    id: str
    bytes: int = 0
    shared_bytes: int = 0


@dataclass
class Holder:
    """One thing that keeps device memory alive."""

    #: What a person types or recognizes: ``Out[7]``, ``history``, ``helpers.CACHE``.
    name: str
    kind: wire.HolderKind
    #: How to get from there to the first tensor.
    path: str
    #: Freed if only this holder is released.
    bytes: int = 0
    #: Held by others, too, whom ``also_held_by`` names.
    shared_bytes: int = 0
    also_held_by: list[str] = field(default_factory=list)
    #: Storages that it reaches.
    tensor_count: int = 0
    #: The device on which it holds most, as a reading's ``id``.
    device: str = ""
    devices: list[DeviceShare] = field(default_factory=list)
    #: Reserved and unused, but not returnable while its tensors live in the same segments.
    pinned_bytes: int = 0
    #: A line of Python that releases it; None where there is none.
    release: str | None = None
    #: ``checked``: nothing else was found to hold what it frees. ``shared``: something that
    #: has no name here holds a part of ``shared_bytes``. ``unchecked``: that was not looked for.
    promise: wire.HolderPromise = "checked"
    note: str | None = None
    parts: list[Part] = field(default_factory=list)

    def to_dict(self) -> wire.Holder:
        """Return the holder as the wire format's ``Holder``."""
        return cast("wire.Holder", asdict(self))


@dataclass
class Totals:
    """One device: what is allocated, and how much of it has a name; in bytes."""

    id: str
    allocated_bytes: int
    #: Everything that has a holder, each byte once.
    named_bytes: int
    unattributed_bytes: int


@dataclass
class Holdings:
    """What one search found."""

    holders: list[Holder]
    devices: list[Totals]
    #: False where the time was up first: then there may be more holders.
    is_complete: bool
    seconds: float

    def to_dict(self) -> wire.Holdings:
        """Return the findings as the wire format's ``Holdings``."""
        return cast("wire.Holdings", asdict(self))
