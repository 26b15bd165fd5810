"""Give back what no live tensor needs: release if asked to, collect cycles, empty the caches."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from jupyterlab_vram.deadline import SilentError
from jupyterlab_vram.devices.readings import Allocation, allocations, empty_caches
from jupyterlab_vram.devices.torch_access import is_capturing, loaded_torch
from jupyterlab_vram.errors import RefusedError

from .holders import holders
from .preview import release_as_shown
from .release import release_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterlab_vram import wire_types as wire

    from .result import Holder

#: Holders of what remains that a report names, at most.
_MAX_REMAINING = 20


class ClearRefusedError(RefusedError):
    """Raised when clearing now would do harm; the message is one plain sentence."""


@dataclass(frozen=True)
class ClearReport:
    """What one clear did: each device's counters before and after, in bytes."""

    before: tuple[Allocation, ...]
    after: tuple[Allocation, ...]
    #: Objects that the garbage collector found unreachable.
    collected_objects: int
    #: Names of what was released.
    released: tuple[str, ...] = ()
    #: Who holds what remains; only if something was to be released.
    remaining: tuple[Holder, ...] = ()

    def to_dict(self) -> wire.ClearReport:
        """Return the report as the wire format's ``ClearReport``."""
        before = {each.device: each for each in self.before}
        devices: list[wire.ClearedDevice] = []
        for now in self.after:
            start = before.get(now.device, now)
            devices.append(
                {
                    "id": now.device,
                    "before_allocated_bytes": start.allocated,
                    "before_reserved_bytes": start.reserved,
                    "after_allocated_bytes": now.allocated,
                    "after_reserved_bytes": now.reserved,
                }
            )
        return {
            "devices": devices,
            "collected_objects": self.collected_objects,
            "released": list(self.released),
        }


def clear(release: Iterable[str] = (), names: Iterable[str] = ()) -> ClearReport:
    """Let go of what was named, collect cycles, then hand unused memory back to the driver.

    Args:
        release: what the notebook holds by itself and is to be released: ``"outputs"``,
            ``"tracebacks"``, ``"all"`` for both, or the name of one holder such as
            ``"Out[7]"``. Outputs that hold no device memory stay. After ``"tracebacks"``
            ``%debug`` can't look into the last error any more.
        names: variables to delete.

    Raises:
        ClearRefusedError: while a CUDA graph is being captured, which emptying
            the cache would break.
        RefusedError: for a name that nothing has; then nothing was done.
    """
    release, names = _listed(release), _listed(names)
    return _clear(lambda: release_now(release, names), is_remainder_named=bool(release or names))


def clear_as_shown(token: str) -> ClearReport:
    """Release just what a preview showed, then clear; see :func:`preview.preview`.

    Raises:
        RefusedError: if it would do something else by now, and as :func:`clear`; then nothing
            was done.
    """
    return _clear(lambda: release_as_shown(token), is_remainder_named=False)


def _clear(release: Callable[[], list[str]], *, is_remainder_named: bool) -> ClearReport:
    torch = loaded_torch()
    if torch is not None and is_capturing(torch):
        raise ClearRefusedError("A CUDA graph is being captured; clear when the capture has ended.")
    before = tuple(allocations())
    released = tuple(release())
    collected = gc.collect()
    if released:
        # What one round frees may be what another cycle hung on.
        collected += gc.collect()
    try:
        empty_caches()
    except SilentError as error:
        raise RefusedError(
            f"The driver has not answered for {error.waited_s:.0f} s. "
            "The holders were released; the memory comes back when the driver answers."
        ) from None
    after = tuple(allocations())
    remaining = tuple(holders()[:_MAX_REMAINING]) if is_remainder_named else ()
    return ClearReport(before, after, collected, released, remaining)


def _listed(names: Iterable[str]) -> list[str]:
    """Take one name for a list of one: a text is a list of letters otherwise."""
    return [names] if isinstance(names, str) else list(names)
