"""The thread that sends changes to the viewers."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.devices import driver
from jupyterlab_vram.host.values import ChannelClosedError
from jupyterlab_vram.wire import (
    MAX_PUSH_INTERVAL_S,
    MIN_PUSH_INTERVAL_S,
    PUSH_BACKOFF_SHARE,
)

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

#: The agent samples this often while a cell runs, for the cell's peak.
SAMPLE_INTERVAL_S = 0.1
#: An idle kernel is read this often; nothing is sent unless something changed.
IDLE_INTERVAL_S = 2.0
#: A kernel that rests so long after a cell runs no other one right behind it.
BREATH_S = 0.02
#: Changes below this are noise.
MIN_CHANGE_BYTES = 64 << 10


class Pusher:
    """Runs while there is a viewer, and not otherwise."""

    def __init__(
        self,
        compose: Callable[[list[wire.CellRecord]], wire.AgentMessage],
        send: Callable[[wire.AgentMessage], None],
        running_since: Callable[[], float | None],
        sample: Callable[[], None],
        log: Callable[[str], None],
    ) -> None:
        """Make a pusher that is not running yet.

        Args:
            compose: builds the message of this moment from the records of the cells
                that have ended since the last one, oldest first.
            send: sends it; may raise ChannelClosedError, which ends the thread.
            running_since: when the running cell started, in epoch seconds, or None.
            sample: takes a sample for the running cell's peak.
            log: notes that something failed, with the exception being handled.
        """
        self._compose = compose
        self._send = send
        self._running_since = running_since
        self._sample = sample
        self._log = log
        self._wake = threading.Event()
        self._ended = threading.Event()
        #: What ended and was not reported yet: each cell's record, None if it left none.
        self._finished: deque[wire.CellRecord | None] = deque()
        self._finished_s = 0.0
        self._thread: threading.Thread | None = None
        self._sent_s = 0.0
        self._sent_figures: list[Any] = []
        self._failure = ""
        self.interval_s = MIN_PUSH_INTERVAL_S
        #: Called now and then while no cell runs; may stop the pusher.
        self.on_rest: Callable[[], None] = _do_nothing

    def start(self) -> None:
        """Start, unless already running."""
        if self._thread is None or not self._thread.is_alive():
            # Events of its own: a thread that is about to end must not miss that.
            self._wake, self._ended = threading.Event(), threading.Event()
            self._thread = threading.Thread(
                target=self._loop,
                args=(self._wake, self._ended),
                name="jupyterlab-vram",
                daemon=True,
            )
            self._thread.start()
            atexit.register(self._end)
        self._wake.set()

    def stop(self) -> None:
        """Ask the thread to end; it does so within one sample."""
        self._ended.set()
        self._wake.set()
        self._thread = None
        self._finished.clear()
        atexit.unregister(self._end)

    def _end(self) -> None:
        """Be gone before the interpreter is: torch must not be asked any more then."""
        thread = self._thread
        self.stop()
        if thread is not None:
            thread.join(1.0)

    def cell_started(self) -> None:
        """Take samples from now on."""
        # With something to tell, the thread is awake already.
        if not self._finished:
            self._wake.set()

    def cell_finished(self, record: wire.CellRecord | None) -> None:
        """Send ``record`` as soon as the pace allows; None if the cell left no record."""
        if self._thread is not None:
            self._finished_s = time.monotonic()
            self._finished.append(record)
            self._wake.set()

    def _loop(self, wake: threading.Event, ended: threading.Event) -> None:
        while not ended.is_set() and threading.main_thread().is_alive():
            try:
                self._step()
            except ChannelClosedError:
                return
            except Exception as error:
                self._note_failure(type(error).__name__)
            wake.wait(self._rest_s())
            wake.clear()

    def _rest_s(self) -> float:
        """Return the seconds until the next step, unless something wakes the thread."""
        if self._finished:
            return BREATH_S
        # Figures that the driver has to explain are explained as soon as it answers.
        is_lively = self._running_since() is not None or driver.is_asking()
        return SAMPLE_INTERVAL_S if is_lively else IDLE_INTERVAL_S

    def _note_failure(self, failure: str) -> None:
        """Say it once, until something could be pushed again."""
        if failure != self._failure:
            self._failure = failure
            self._log("A reading could not be pushed")

    def _step(self) -> None:
        started_s = self._running_since()
        if started_s is not None:
            self._sample()
        else:
            self.on_rest()
        if not self._finished:
            self._step_without_record(started_s)
        elif self._is_due(self.interval_s) or (started_s is None and self._has_breath()):
            # Cells that end one right after another are reported together: to speak
            # after each would take the interpreter from the next.
            self._push(self._compose(self._take_finished()))

    def _take_finished(self) -> list[wire.CellRecord]:
        ended = [self._finished.popleft() for _ in range(len(self._finished))]
        return [record for record in ended if record is not None]

    def _step_without_record(self, started_s: float | None) -> None:
        # A clock that was set back makes an age negative.
        is_short = started_s is not None and 0 <= time.time() - started_s < SAMPLE_INTERVAL_S
        if is_short or not self._is_due(self._interval_s(started_s)):
            return
        driver.refresh_soon()
        message = self._compose([])
        # A busy kernel says that its figures are still true; an idle one
        # speaks only when they no longer are, and once the driver has explained them.
        is_open = driver.is_asking()
        if started_s is not None or (not is_open and self._changed(message)):
            self._push(message)

    def _is_due(self, interval_s: float) -> bool:
        return time.monotonic() - self._sent_s >= interval_s

    def _has_breath(self) -> bool:
        return time.monotonic() - self._finished_s >= BREATH_S

    def _interval_s(self, started_s: float | None) -> float:
        if started_s is None:
            return self.interval_s
        share_s = (time.time() - started_s) * PUSH_BACKOFF_SHARE
        return min(max(self.interval_s, share_s), MAX_PUSH_INTERVAL_S)

    def _push(self, message: wire.AgentMessage) -> None:
        self._sent_s = time.monotonic()
        self._sent_figures = _figures(message)
        self._send(message)
        self._failure = ""

    def _changed(self, message: wire.AgentMessage) -> bool:
        figures = _figures(message)
        if len(figures) != len(self._sent_figures):
            return True
        return any(_differ(new, old) for new, old in zip(figures, self._sent_figures))


def _do_nothing() -> None:
    return


def _figures(message: wire.AgentMessage) -> list[Any]:
    reading = message["reading"]
    figures: list[Any] = [reading["state"], sum(leak["alive_bytes"] for leak in message["leaks"])]
    for device in reading["devices"]:
        figures += [
            device["allocated_bytes"],
            device["reserved_bytes"],
            device["pinned_bytes"],
            device["free_bytes"],
            device["process_bytes"],
            # That the driver has told is worth saying.
            device.get("driver_index"),
        ]
    return figures


def _differ(new: Any, old: Any) -> bool:
    if isinstance(new, int) and isinstance(old, int):
        return abs(new - old) >= MIN_CHANGE_BYTES
    return bool(new != old)
