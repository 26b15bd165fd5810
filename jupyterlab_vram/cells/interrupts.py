"""Interrupts that come while code of ours runs around a person's cell.

A signal's handler raises wherever the main thread happens to be. Of a hook the host
would print the error, and the cell that was meant would run on. So what a signal
raised in a hook is dropped, and the signal is sent again once the cell's own code runs.
"""

from __future__ import annotations

import _thread
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.host.current import runs_cell_code

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_POLL_S = 0.001
#: Hooks take less than this; a later interrupt is not meant for that cell.
_PATIENCE_S = 5.0


#: Returns what tells, from any thread, whether what a signal was meant for still goes on.
Meaning = Callable[[], Callable[[], bool]]


def guard(act: Callable[..., None], meaning: Meaning, *arguments: Any) -> None:
    """Call ``act`` with ``arguments``; raises nothing that a signal raised in it."""
    error: BaseException | None = None
    try:
        try:
            act(*arguments)
        except BaseException as caught:
            error = caught
        if error is not None:
            give_back(error, meaning)
    except BaseException as caught:
        # Signals may come in quick succession.
        if error is None:
            give_back(caught, meaning)


def give_back(error: BaseException, meaning: Meaning) -> None:
    """Send the signal again that raised ``error``, if one did, once the cell's own code runs."""
    number = signal_of(error)
    if number is not None and threading.current_thread() is threading.main_thread():
        arguments = (number, meaning())
        threading.Thread(target=_send_again, args=arguments, daemon=True).start()


def signal_of(error: BaseException) -> signal.Signals | None:
    """Return the signal whose handler raised ``error``, or None."""
    codes = {frame.f_code for frame in _frames(error)}
    for number in signal.valid_signals():
        handler = signal.getsignal(number)
        code = getattr(getattr(handler, "__func__", handler), "__code__", None)
        if code in codes:
            return signal.Signals(number)
    # Python's own handler leaves no frame.
    return signal.SIGINT if type(error) is KeyboardInterrupt else None


def _frames(error: BaseException) -> Iterator[FrameType]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame
        step = step.tb_next


def _send_again(number: signal.Signals, is_current: Callable[[], bool]) -> None:
    main = threading.main_thread().ident or 0
    deadline_s = time.monotonic() + _PATIENCE_S
    with suppress(Exception):
        while is_current() and time.monotonic() < deadline_s:
            if _runs_cell(main):
                _send(number, main)
                return
            time.sleep(_POLL_S)


def _runs_cell(thread: int) -> bool:
    """Whether a thread runs a person's code right now, and neither a hook nor a part of the host.

    Elsewhere an interrupt would do harm: the cell that waits for its answer would get none.
    """
    # The one way to see another thread's stack.
    frame = sys._current_frames().get(thread)  # noqa: SLF001
    runs = False
    while frame is not None:
        if frame.f_code is guard.__code__:
            return False
        runs = runs or runs_cell_code(frame)
        frame = frame.f_back
    return runs


def _send(number: signal.Signals, thread: int) -> None:
    if hasattr(signal, "pthread_kill"):
        # Wakes the thread where it waits, too.
        signal.pthread_kill(thread, number)
    else:
        _thread.interrupt_main()
