"""The driver's own figure for this process, which torch does not know.

Through ``nvidia-ml-py`` where the kernel's environment has it, else through
``nvidia-smi``. Both are slow beside a reading and may hang where a GPU is lost,
so :func:`refresh_soon` asks on a thread of its own and readings take the latest
answer. A process that has not used CUDA yet asks nothing.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import subprocess
import threading
import time
from contextlib import suppress
from typing import Any

from .torch_access import loaded_torch

#: Anything from here on is one of the driver's ways to say "not available".
_TOO_MANY_BYTES = 2**53
_BINDING_INTERVAL_S = 2.0
_COMMAND_INTERVAL_S = 15.0
_COMMAND_TIMEOUT_S = 5.0


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
                self._answer = (_ask_command() if binding is None else _ask_binding(binding), {})
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
    return None if uuid is None else _driver.process_bytes(_bare(uuid), reserved_bytes)


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


def _bare(uuid: str) -> str:
    return uuid.removeprefix("GPU-")


def _load_binding() -> Any | None:
    """Load and start ``nvidia-ml-py``, or return None where it is missing or no use."""
    try:
        if importlib.util.find_spec("pynvml") is None:
            return None
        module = importlib.import_module("pynvml")
        module.nvmlInit()
    except Exception:
        return None
    return module


def _ask_binding(nvml: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for index in range(nvml.nvmlDeviceGetCount()):
        # One lost GPU does not make the others unknown.
        with suppress(Exception):
            found.update(_ask_device(nvml, index))
    return found


def _ask_device(nvml: Any, index: int) -> dict[str, int]:
    handle = nvml.nvmlDeviceGetHandleByIndex(index)
    for process in nvml.nvmlDeviceGetComputeRunningProcesses(handle):
        used = process.usedGpuMemory
        if process.pid == os.getpid() and used is not None and 0 <= used < _TOO_MANY_BYTES:
            uuid = nvml.nvmlDeviceGetUUID(handle)
            return {_bare(uuid.decode() if isinstance(uuid, bytes) else uuid): int(used)}
    return {}


def _ask_command() -> dict[str, int]:
    command = shutil.which("nvidia-smi")
    if command is None:
        return {}
    query = ["--query-compute-apps=gpu_uuid,pid,used_memory", "--format=csv,noheader,nounits"]
    answer = subprocess.run(  # noqa: S603 - fixed words only
        [command, *query],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_COMMAND_TIMEOUT_S,
        check=True,
    )
    found = {}
    for line in answer.stdout.splitlines():
        uuid, pid, mebibytes = [*(field.strip() for field in line.split(",")), "", ""][:3]
        if pid == str(os.getpid()) and mebibytes.isdecimal():
            used = int(mebibytes) << 20
            if used < _TOO_MANY_BYTES:
                found[_bare(uuid)] = used
    return found
