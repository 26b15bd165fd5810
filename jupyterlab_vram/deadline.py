"""Calls into a driver, which may never return where a GPU is lost: every wait has an end."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable, TypeVar

from .process_state import process_wide

T = TypeVar("T")


class SilentError(Exception):
    """Raised where a call has not returned in time; it goes on by itself."""

    def __init__(self, waited_s: float) -> None:
        super().__init__(f"no answer for {waited_s:.0f} s")
        #: How long ago the call was made.
        self.waited_s = waited_s


class _Call:
    """One call on a thread of its own."""

    def __init__(self, act: Callable[[], Any]) -> None:
        self._act = act
        self._started_s = time.monotonic()
        self._result: Any = None
        self._error: BaseException | None = None
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="jupyterlab-vram-driver", daemon=True).start()

    def _run(self) -> None:
        try:
            self._result = self._act()
        except BaseException as error:
            self._error = error
        self._ended.set()

    def age_s(self) -> float:
        return time.monotonic() - self._started_s

    def has_ended(self, within_s: float = 0.0) -> bool:
        return self._ended.wait(within_s) if within_s else self._ended.is_set()

    def result(self) -> Any:
        if self._error is not None:
            raise self._error
        return self._result


#: By what was asked: the call that was given up.
_silent: dict[str, _Call] = process_wide("silent calls", dict)


def with_deadline(name: str, seconds: float, act: Callable[[], T]) -> T:
    """Return what ``act`` returns, if it does within so many seconds.

    While an earlier call of the same name has not returned no other is made, and nobody
    waits: a driver that hangs costs one thread and one wait.

    Raises:
        SilentError: if it has not returned in time.
        BaseException: what ``act`` raises.
    """
    earlier = _silent.get(name)
    if earlier is not None:
        if not earlier.has_ended():
            raise SilentError(earlier.age_s())
        _silent.pop(name, None)
    call = _Call(act)
    if not call.has_ended(seconds):
        _silent[name] = call
        raise SilentError(call.age_s())
    found: T = call.result()
    return found


def silence_s(name: str) -> float | None:
    """Return for how long a call has not returned that was given up; None if there is none."""
    call = _silent.get(name)
    return None if call is None or call.has_ended() else call.age_s()
