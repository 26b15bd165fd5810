"""Real processes that pass for users of a GPU: each has a 'device' open."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM = """
import os, signal, sys, threading, time
device = open(os.environ["DEVICE"])
if "stubborn" in sys.argv:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if "threads" in sys.argv:
    threading.Thread(target=time.sleep, args=(300,), daemon=True).start()
print(os.getpid(), flush=True)
time.sleep(300)
"""


class GpuUsers:
    """Starts processes and ends them with the test."""

    def __init__(self, folder: Path) -> None:
        self.device = folder / "device"
        self.device.touch()
        self._started: list[subprocess.Popen[str]] = []
        self._pids: list[int] = []

    def start(self, *words: str, orphan: bool = False, service: bool = False, **variables: str):
        """Start one, as a child of this process; returns its PID.

        Of an orphan the parent ends at once. A service leads a session of its own, too.
        """
        command = [sys.executable, "-c", _PROGRAM, *words]
        if orphan or service:
            prefix = "setsid " if service else ""
            command = ["sh", "-c", prefix + '"$0" "$@" & exit 0', *command]
        environment = {**os.environ, "DEVICE": str(self.device), **variables}
        process = subprocess.Popen(  # noqa: S603 - our own words
            command,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=orphan,
        )
        self._started.append(process)
        pid = int(process.stdout.readline())
        self._pids.append(pid)
        return pid

    def reap(self, pid: int, timeout_s: float = 10) -> int:
        """Wait for one to end, and return its exit status."""
        process = next(each for each in self._started if each.pid == pid)
        return process.wait(timeout_s)

    def end(self) -> None:
        for pid in self._pids:
            _kill(pid)
        for process in self._started:
            process.wait(10)
            process.stdout.close()


def wait_for(true, timeout_s: float = 10) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline_s, "it did not come true"
        time.sleep(0.01)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
