"""Give back what no live tensor needs: collect cycles, then empty the caches."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Any

from .readings import Allocation, allocations, empty_caches
from .refusal import RefusedError
from .torch_access import is_capturing, loaded_torch


class ClearRefusedError(RefusedError):
    """Raised when clearing now would do harm; the message is one plain sentence."""


@dataclass(frozen=True)
class ClearReport:
    """What one clear did: each device's counters before and after, in bytes."""

    before: tuple[Allocation, ...]
    after: tuple[Allocation, ...]
    #: Objects that the garbage collector found unreachable.
    collected_objects: int

    def to_dict(self) -> dict[str, Any]:
        """Return the report as the wire format's ``ClearReport``."""
        before = {each.device: each for each in self.before}
        devices = []
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
        return {"devices": devices, "collected_objects": self.collected_objects}


def clear() -> ClearReport:
    """Collect reference cycles, then hand unused cached blocks back to the driver.

    Raises:
        ClearRefusedError: while a CUDA graph is being captured, which emptying
            the cache would break.
    """
    torch = loaded_torch()
    if torch is not None and is_capturing(torch):
        raise ClearRefusedError("A CUDA graph is being captured; clear when the capture has ended.")
    before = tuple(allocations())
    collected = gc.collect()
    empty_caches()
    return ClearReport(before, tuple(allocations()), collected)
