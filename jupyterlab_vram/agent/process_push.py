"""The thread that tells viewers who uses the GPUs, while one of them wants to know."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.host.values import ChannelClosedError
from jupyterlab_vram.processes.listing import Survey, failed_survey, survey
from jupyterlab_vram.wire import LEFTOVER_THRESHOLD_BYTES

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire

#: Asking through NVML takes milliseconds; ``nvidia-smi`` is a process of its own.
BINDING_INTERVAL_S = 2.0
COMMAND_INTERVAL_S = 10.0
#: Changes below this are noise.
MIN_CHANGE_BYTES = 1 << 20


class ProcessWatch:
    """Sends a survey at once, and then whenever something in it has changed."""

    def __init__(self, send: Callable[[wire.Survey], None], log: Callable[[str], None]) -> None:
        """Make a watch that is not running yet.

        Args:
            send: sends a survey; may raise ChannelClosedError, which ends the thread.
            log: notes that something failed, with the exception being handled.
        """
        self._send = send
        self._log = log
        self._ended = threading.Event()
        self._is_running = False
        self.leftover_bytes = LEFTOVER_THRESHOLD_BYTES

    def start(self, leftover_bytes: int) -> None:
        """Start; a watch that runs already says everything once more."""
        self.stop()
        self.leftover_bytes = leftover_bytes
        self._ended = threading.Event()
        self._is_running = True
        threading.Thread(
            target=self._loop,
            args=(self._ended, leftover_bytes),
            name="jupyterlab-vram-processes",
            daemon=True,
        ).start()

    def stop(self) -> None:
        """Ask the thread to end."""
        self._ended.set()
        self._is_running = False

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped since."""
        return self._is_running

    def _loop(self, ended: threading.Event, leftover_bytes: int) -> None:
        said: Any = None
        while not ended.is_set() and threading.main_thread().is_alive():
            try:
                found = survey(leftover_bytes)
                if ended.is_set():
                    return
                if said is None or _differ(found, said):
                    self._send(found.to_dict())
                    said = found
            except ChannelClosedError:
                return
            except Exception as error:
                said = self._say_failure(error, said)
                ended.wait(COMMAND_INTERVAL_S)
                continue
            ended.wait(BINDING_INTERVAL_S if found.source == "nvml" else COMMAND_INTERVAL_S)

    def _say_failure(self, error: Exception, said: Any) -> Any:
        """Say once that nothing is known now; returns what the viewers have been told."""
        if isinstance(said, Survey) and said.state == "failed":
            return said
        self._log("The processes on the GPUs could not be reported")
        found = failed_survey("failed", repr(error))
        with suppress(Exception):
            self._send(found.to_dict())
        return found


def _differ(new: Survey, old: Survey) -> bool:
    if _names(new) != _names(old):
        return True
    pairs = zip(_figures(new), _figures(old))
    return any((a is None) != (b is None) or _is_far(a or 0, b or 0) for a, b in pairs)


def _is_far(new: int, old: int) -> bool:
    return abs(new - old) >= MIN_CHANGE_BYTES


def _names(survey: Survey) -> Any:
    gpus = [(gpu.uuid, gpu.is_listed) for gpu in survey.gpus]
    processes = [
        (each.pid, each.identity, each.leftover, each.notebook, [s.uuid for s in each.shares])
        for each in sorted(survey.processes, key=lambda process: process.pid)
    ]
    return survey.state, survey.detail, gpus, processes


def _figures(survey: Survey) -> list[int | None]:
    used = [gpu.used_bytes for gpu in survey.gpus]
    ordered = sorted(survey.processes, key=lambda process: process.pid)
    return used + [share.used_bytes for process in ordered for share in process.shares]
