"""The driver's own figures, which torch does not know, or can't ask for without a trace.

What this process has of each GPU, and what is free on GPUs that this process
has not used: torch would make a context there only to ask.

Through ``nvidia-ml-py`` where the kernel's environment has it, else through
``nvidia-smi``. Both are slow beside a reading and may hang where a GPU is lost,
so :func:`refresh_soon` asks on a thread of its own and readings take the latest
answer. A process that has not used CUDA yet asks nothing.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any

from . import nvml, smi
from .families import of_each_device, stats_of
from .survey import DriverError, bare_uuid
from .torch_access import loaded_torch

_BINDING_INTERVAL_S = 2.0
_COMMAND_INTERVAL_S = 15.0


class _Driver:
    """The latest answer, and the way to get the next one."""

    def __init__(self) -> None:
        #: By UUID: how much of what the process held torch had not reserved.
        self._outside_bytes: dict[str, int] = {}
        self._free_bytes: dict[str, int] = {}
        self._next_s = 0.0
        self._asking = threading.Lock()
        self._binding: Any | None = None
        self._looked_for_binding = False

    def is_due(self) -> bool:
        return time.monotonic() >= self._next_s and _uses_cuda()

    def refresh_soon(self) -> None:
        if self.is_due() and not self._asking.locked():
            threading.Thread(target=self.refresh, daemon=True).start()

    def refresh(self) -> None:
        with self._asking:
            if not self.is_due():
                return
            if not self._looked_for_binding:
                self._looked_for_binding = True
                self._binding = _load_binding()
            binding = self._binding
            pause_s = _COMMAND_INTERVAL_S if binding is None else _BINDING_INTERVAL_S
            self._next_s = time.monotonic() + pause_s
            try:
                before = _reserved_bytes()
                own, self._free_bytes = _ask(binding)
                self._outside_bytes = self._outside(own, before, _reserved_bytes())
            except Exception:
                # No driver, no permission, or a driver and a library that disagree.
                self._outside_bytes, self._free_bytes = {}, {}

    def _outside(
        self, own: dict[str, int], before: dict[str, int], after: dict[str, int]
    ) -> dict[str, int]:
        """Return what the process has beside what torch had reserved when the driver answered.

        Where torch reserved or freed meanwhile, the answer before this one is the better one.
        """
        found = {}
        for uuid, figure in own.items():
            reserved = after.get(uuid)
            if reserved is not None and reserved == before.get(uuid) and figure >= reserved:
                found[uuid] = figure - reserved
            elif uuid in self._outside_bytes:
                found[uuid] = self._outside_bytes[uuid]
        return found

    def process_bytes(self, uuid: str, reserved_bytes: int) -> int | None:
        outside = self._outside_bytes.get(uuid)
        return None if outside is None else reserved_bytes + outside

    def free_bytes(self, uuid: str) -> int | None:
        return self._free_bytes.get(uuid)


_driver = _Driver()


def process_bytes(uuid: str | None, reserved_bytes: int) -> int | None:
    """Return the driver's figure for this process on one GPU, if it told.

    The driver is asked only now and then; between two answers the part that
    torch reserves, ``reserved_bytes`` now, is taken to be all that changes.
    """
    return None if uuid is None else _driver.process_bytes(_key(uuid), reserved_bytes)


def free_bytes(uuid: str | None) -> int | None:
    """Return what was free on a whole GPU at the driver's latest answer, if it told."""
    return None if uuid is None else _driver.free_bytes(_key(uuid))


def refresh() -> None:
    """Ask the driver again, unless it was asked a moment ago; takes up to seconds."""
    _driver.refresh()


def refresh_soon() -> None:
    """As :func:`refresh`, but without waiting for the answer."""
    _driver.refresh_soon()


def _uses_cuda() -> bool:
    torch = loaded_torch()
    try:
        return torch is not None and bool(torch.cuda.is_initialized())
    except Exception:
        return False


def _reserved_bytes() -> dict[str, int]:
    """Return what torch has reserved of each GPU now, by the GPUs' UUIDs."""

    def read(_kind: str, family: Any, index: int) -> tuple[str, int]:
        uuid = str(family.get_device_properties(index).uuid)
        return _key(uuid), stats_of(family, index).current("reserved_bytes")

    devices, _ = of_each_device(loaded_torch(), read)
    return dict(devices)


def _load_binding() -> Any | None:
    """Load ``nvidia-ml-py``, or return None where it is missing or no use."""
    try:
        return nvml.load()
    except DriverError:
        return None


def _ask(binding: Any | None) -> tuple[dict[str, int], dict[str, int]]:
    """Return what this process uses, and what is free, in bytes by the GPUs' UUIDs."""
    pid = os.getpid()
    uses, free = smi.look(pid) if binding is None else nvml.look(binding, pid)
    own = {_key(use.uuid): use.used_bytes for use in uses if use.used_bytes is not None}
    return own, {_key(uuid): figure for uuid, figure in free.items()}


def _key(uuid: str) -> str:
    """Return a UUID as PyTorch writes it: it marks slices of a GPU no more than whole ones."""
    return bare_uuid(uuid).removeprefix("MIG-")
