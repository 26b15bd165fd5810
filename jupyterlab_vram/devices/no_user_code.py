"""Looking runs no code of the person's: tensor subclasses, modes and finalizers are held off.

``__torch_function__`` and ``__torch_dispatch__`` of subclasses and of entered modes are switched
off for the calling thread. Automatic collection, which would run finalizers of whatever is
unreachable, is switched off for the process, and is as before afterwards.
"""

from __future__ import annotations

import gc
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from . import torch_private
from .torch_access import loaded_torch

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Collection:
    """Holds automatic collection off during a search, on any thread."""

    def __init__(self) -> None:
        # Reentrant: a signal's handler may look, too.
        self._lock = threading.RLock()
        self._looking = 0
        self._was_on = False

    def hold_off(self) -> None:
        with self._lock:
            if self._looking == 0:
                self._was_on = gc.isenabled()
                gc.disable()
            self._looking += 1

    def restore(self) -> None:
        with self._lock:
            self._looking -= 1
            if self._looking == 0 and self._was_on:
                gc.enable()


_collection = _Collection()
_thread = threading.local()


@contextmanager
def without_user_code() -> Iterator[None]:
    """Hold off all code of the person's that looking at objects could run; may be nested."""
    if getattr(_thread, "is_undisturbed", False):
        yield
        return
    with ExitStack() as stack:
        _collection.hold_off()
        stack.callback(_collection.restore)
        for guard in _guards():
            stack.enter_context(guard())
        _thread.is_undisturbed = True
        try:
            yield
        finally:
            _thread.is_undisturbed = False


def _guards() -> list[Any]:
    torch = loaded_torch()
    return [] if torch is None else torch_private.guards(torch)
