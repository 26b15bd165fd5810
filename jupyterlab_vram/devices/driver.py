"""The driver's own figures, which torch does not know, or can't ask for without a trace.

What this process has of each GPU, and what is free on GPUs that this process
has not used: torch would make a context there only to ask.

Through ``nvidia-ml-py`` where the kernel's environment has it, else through
``nvidia-smi``. Both are slow beside a reading and may hang where a GPU is lost,
so :func:`refresh_soon` asks on a thread of its own and readings take the latest
answer. A process that has not used CUDA yet asks nothing.

An answer is kept with the free memory of its moment. Once memory outside torch's
allocator has changed on that GPU, nobody knows whose it is until the driver
answers again, so the process's figure is unknown until then.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, NamedTuple

from jupyterlab_vram.deadline import SilentError, with_deadline
from jupyterlab_vram.nvidia import nvml, smi
from jupyterlab_vram.nvidia.types import DriverError, torch_uuid
from jupyterlab_vram.process_state import process_wide

from . import numbering
from .backends import free_and_total, of_each_device, stats_of
from .torch_access import loaded_torch

_BINDING_INTERVAL_S = 2.0
_COMMAND_INTERVAL_S = 15.0
#: The least pause before another question where the latest answer no longer holds.
_BINDING_HURRY_S = 0.2
_COMMAND_HURRY_S = 2.0
#: An answer that takes longer than this is not worth looking out for.
_ANSWER_S = 2.0
#: How long a caller waits for an answer.
_PATIENCE_S = 3.0
#: A question that is open for so long has made the last answer too old to be told.
_SILENCE_S = 12.0
#: Drivers hand out memory in pages of this size; a smaller difference is rounding.
_PAGE_BYTES = 2 << 20


class View(NamedTuple):
    """One GPU as this process sees it, in bytes."""

    reserved_bytes: int
    #: None where this process has no context on the GPU.
    free_bytes: int | None

    def differs(self, other: View) -> bool:
        """Whether memory outside torch's allocator changed between the two."""
        if self.free_bytes is None or other.free_bytes is None:
            return False
        change = self.free_bytes + self.reserved_bytes - other.free_bytes - other.reserved_bytes
        return abs(change) > _PAGE_BYTES


class _Answer(NamedTuple):
    """What the process holds of one GPU beside what torch reserved, and the view of that moment."""

    outside_bytes: int
    view: View


class _Driver:
    """The latest answer, and the way to get the next one."""

    def __init__(self) -> None:
        #: By UUID.
        self._answers: dict[str, _Answer] = {}
        self._free_bytes: dict[str, int] = {}
        #: When the question that is on its way was begun, and when the driver was asked last.
        self._started_s = 0.0
        self._asked_s = 0.0
        self._next_s = 0.0
        self._asking = threading.Lock()
        self._binding: Any | None = None
        self._looked_for_binding = False

    def is_due(self) -> bool:
        return time.monotonic() >= self._next_s and _uses_cuda()

    def is_asking(self) -> bool:
        return self._asking.locked() and time.monotonic() - self._started_s < _ANSWER_S

    def refresh_soon(self) -> None:
        if self.is_due() and self._asking.acquire(blocking=False):
            self._started_s = time.monotonic()
            try:
                threading.Thread(target=self._refresh_and_release, daemon=True).start()
            except RuntimeError:
                # The interpreter is about to end.
                self._asking.release()

    def refresh(self) -> None:
        if not self.is_due() and not self._asking.locked():
            return
        try:
            with_deadline("the driver", _PATIENCE_S, self._acquire_and_refresh)
        except SilentError:
            # Of a driver that hangs even the last answer may be true no more.
            self._answers, self._free_bytes = {}, {}

    def silence_s(self) -> float | None:
        age_s = time.monotonic() - self._started_s
        return age_s if self._asking.locked() and age_s >= _PATIENCE_S else None

    def _is_silent(self) -> bool:
        return self._asking.locked() and time.monotonic() - self._started_s >= _SILENCE_S

    def _acquire_and_refresh(self) -> None:
        self._asking.acquire()
        self._started_s = time.monotonic()
        self._refresh_and_release()

    def _refresh_and_release(self) -> None:
        try:
            if self.is_due():
                self._ask()
                numbering.learn()
        finally:
            self._asking.release()

    def _ask(self) -> None:
        if not self._looked_for_binding:
            self._looked_for_binding = True
            self._binding = _load_binding()
        self._asked_s = time.monotonic()
        pause_s = _COMMAND_INTERVAL_S if self._binding is None else _BINDING_INTERVAL_S
        self._next_s = self._asked_s + pause_s
        try:
            before = _views()
            own, self._free_bytes = _ask(self._binding)
            self._answers = self._outside(own, before, _views())
        except Exception:
            # No driver, no permission, or a driver and a library that disagree.
            self._answers, self._free_bytes = {}, {}

    def _outside(
        self, own: dict[str, int], before: dict[str, View], after: dict[str, View]
    ) -> dict[str, _Answer]:
        """Return what the process has beside what torch had reserved when the driver answered.

        Where anything changed meanwhile, the answer before this one is the better one.
        """
        found = {}
        for uuid, used_bytes in own.items():
            view, earlier = after.get(uuid), before.get(uuid)
            if view is None or earlier is None:
                continue
            is_steady = view.reserved_bytes == earlier.reserved_bytes and not view.differs(earlier)
            if is_steady and used_bytes >= view.reserved_bytes:
                found[uuid] = _Answer(used_bytes - view.reserved_bytes, view)
            elif uuid in self._answers:
                found[uuid] = self._answers[uuid]
        return found

    def process_bytes(self, uuid: str, view: View) -> int | None:
        answer = self._answers.get(uuid)
        if answer is None or self._is_silent():
            return None
        if answer.view.differs(view):
            self._hurry()
            return None
        return view.reserved_bytes + answer.outside_bytes

    def _hurry(self) -> None:
        pause_s = _COMMAND_HURRY_S if self._binding is None else _BINDING_HURRY_S
        self._next_s = min(self._next_s, self._asked_s + pause_s)
        self.refresh_soon()

    def free_bytes(self, uuid: str) -> int | None:
        return None if self._is_silent() else self._free_bytes.get(uuid)


_driver = process_wide("driver", _Driver)


def process_bytes(uuid: str | None, view: View) -> int | None:
    """Return the driver's figure for this process on one GPU, if it told.

    The driver is asked only now and then; between two answers the part that
    torch reserves is taken to be all that changes. Where ``view`` shows that
    something else changed, the figure is unknown, and the driver is asked again.
    """
    return None if uuid is None else _driver.process_bytes(_key(uuid), view)


def free_bytes(uuid: str | None) -> int | None:
    """Return what was free on a whole GPU at the driver's latest answer, if it told."""
    return None if uuid is None else _driver.free_bytes(_key(uuid))


def refresh() -> None:
    """Ask the driver again, unless it was asked a moment ago; takes up to some seconds.

    Where it does not answer in that time, what it alone knows is unknown.
    """
    _driver.refresh()


def silence_s() -> float | None:
    """Return for how long the driver has not answered; None unless that is noticeably long."""
    return _driver.silence_s()


def refresh_soon() -> None:
    """As :func:`refresh`, but without waiting for the answer."""
    _driver.refresh_soon()


def is_asking() -> bool:
    """Whether an answer is on its way that a reading is worth being taken again for."""
    return _driver.is_asking()


def _uses_cuda() -> bool:
    torch = loaded_torch()
    try:
        return torch is not None and bool(torch.cuda.is_initialized())
    except Exception:
        return False


def _views() -> dict[str, View]:
    """Return how this process sees each GPU now, by the GPUs' UUIDs."""
    torch = loaded_torch()

    def read(kind: str, family: Any, index: int) -> tuple[str, View]:
        uuid = str(family.get_device_properties(index).uuid)
        reserved_bytes = stats_of(family, index).current("reserved_bytes")
        free_bytes, _ = free_and_total(torch, kind, family, index)
        return _key(uuid), View(reserved_bytes, free_bytes)

    devices, _ = of_each_device(torch, read)
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


_key = torch_uuid
