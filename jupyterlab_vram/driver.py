"""The driver's own figure for this process, which torch does not know.

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
from .survey import DriverError, bare_uuid
from .torch_access import loaded_torch

_BINDING_INTERVAL_S = 2.0
_COMMAND_INTERVAL_S = 15.0


class _Driver:
    """The latest answer, and the way to get the next one."""

    def __init__(self) -> None:
        #: By UUID: what the process held at the latest answer, and, as soon as a
        #: reading was taken after it, how much of that torch had not reserved.
        self._answer: tuple[dict[str, int], dict[str, int]] = ({}, {})
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
                self._answer = (_ask(binding), {})
            except Exception:
                # No driver, no permission, or a driver and a library that disagree.
                self._answer = ({}, {})

    def process_bytes(self, uuid: str, reserved_bytes: int) -> int | None:
        bytes_by_uuid, outside_by_uuid = self._answer
        answered = bytes_by_uuid.get(uuid)
        if answered is None:
            return None
        outside = outside_by_uuid.setdefault(uuid, max(0, answered - reserved_bytes))
        return reserved_bytes + outside


_driver = _Driver()


def process_bytes(uuid: str | None, reserved_bytes: int) -> int | None:
    """Return the driver's figure for this process on one GPU, if it told.

    The driver is asked only now and then; between two answers the part that
    torch reserves, ``reserved_bytes`` now, is taken to be all that changes.
    """
    return None if uuid is None else _driver.process_bytes(bare_uuid(uuid), reserved_bytes)


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


def _load_binding() -> Any | None:
    """Load ``nvidia-ml-py``, or return None where it is missing or no use."""
    try:
        return nvml.load()
    except DriverError:
        return None


def _ask(binding: Any | None) -> dict[str, int]:
    pid = os.getpid()
    uses = smi.own_uses(pid) if binding is None else nvml.own_uses(binding, pid)
    return {use.uuid: use.used_bytes for use in uses if use.used_bytes is not None}
