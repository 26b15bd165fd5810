"""The agent of one kernel: follows its cells, and tells its viewers what changed."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.cells.recorder import CellRecorder
from jupyterlab_vram.devices.readings import take_reading
from jupyterlab_vram.devices.torch_access import is_capturing, loaded_torch
from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.version import __version__
from jupyterlab_vram.wire import SCHEMA_VERSION

from .channel import KernelIO
from .process_push import ProcessWatch
from .push import Pusher
from .viewers import Viewers

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.holders.clear import ClearReport
    from jupyterlab_vram.host.interface import Channel, Host


class Agent:
    """Watches one kernel on behalf of its viewers."""

    def __init__(self, host: Host, channel: Channel) -> None:
        """Make an agent for ``host``, which pushes on its ``channel`` once it is told to."""
        self._host = host
        self._unsupported = host.probe()
        self._io = KernelIO(channel)
        self._boot = uuid.uuid4().hex
        self._sequence = 0
        self._viewers = Viewers()
        self._capturing = False
        self._counting = threading.Lock()
        #: Held while a request changes what the agent does: requests come on several threads.
        self.lock = threading.RLock()
        self._recorder = CellRecorder(host, self._io.current_request)
        self._recorder.serves = self._io.serves
        self._recorder.on_start = self._on_start
        self._recorder.on_finish = self._on_finish
        self._pusher = Pusher(
            self._compose_push, self._push, self._since, self._recorder.sample, self._io.log
        )
        self._pusher.on_rest = self._end_leases
        #: From how many bytes on a process counts as an orphan, for each viewer that wants to know.
        self._curious: dict[str, int] = {}
        self._process_watch = ProcessWatch(self._push_survey, self._io.log)

    def attach(
        self, viewer: str, interval_s: float, lease_s: float | None, exact_peaks: bool | None
    ) -> wire.AgentMessage:
        """Begin to push to ``viewer``, until its lease ends; returns where things stand."""
        if exact_peaks is not None:
            self._recorder.exact_peaks = exact_peaks
        self._viewers.add(viewer, interval_s, lease_s)
        self.note_request(viewer)
        self._note_capture()
        self._offer_magics()
        message = self._compose("attached")
        message["records"] = self._recorder.records()
        return message

    def note_request(self, viewer: str) -> None:
        """Renew the lease of the viewer that sent the request of now."""
        self._viewers.note_request(viewer, _session_of(self._io.current_request()))

    def tell_processes(self, viewer: str, leftover_bytes: int | None) -> None:
        """Tell ``viewer`` who uses the GPUs; None: no longer."""
        self._curious.pop(viewer, None)
        if leftover_bytes is not None:
            self._curious[viewer] = leftover_bytes
            self._process_watch.start(leftover_bytes)

    def detach(self, viewer: str) -> wire.AgentMessage:
        """Stop pushing to ``viewer``."""
        self._viewers.remove(viewer)
        self._curious.pop(viewer, None)
        return self._compose("done")

    def read(self) -> wire.AgentMessage:
        """Take one reading, for someone who is no viewer."""
        return self._compose("done")

    def settle(self) -> None:
        """With a viewer everything runs; without one nothing of the agent does."""
        if self._curious.keys().isdisjoint(self._viewers.names()):
            self._process_watch.stop()
        if self._viewers:
            self._pusher.interval_s = self._viewers.interval_s()
            self._pusher.start()
        else:
            self._pusher.stop()
            self._recorder.remove()

    def clear(self, carry_out: Callable[[], ClearReport]) -> wire.AgentMessage:
        """Clear the memory by ``carry_out``, and tell what came back.

        Raises:
            RefusedError: while a cell runs, and what ``carry_out`` raises.
        """
        if self._recorder.running is not None:
            raise RefusedError("A cell is running; clear when it has ended.")
        report = carry_out()
        message = self._compose("cleared")
        message["clear"] = report.to_dict()
        return message

    def answer(self, facts: object) -> wire.AgentMessage:
        """Answer a question with ``facts``, which have a form of their own."""
        message = self._compose("answered")
        message["answer"] = facts
        return message

    def refuse(self, reason: str) -> wire.AgentMessage:
        """Answer that a request was not carried out, and why."""
        message = self._compose("refused")
        message["reason"] = reason
        return message

    def close(self) -> None:
        """Stop watching; nothing of the agent stays in the host."""
        with self.lock:
            self._viewers.clear()
            self.settle()

    def find_running_cell(self) -> None:
        """Follow the cells from now on, and notice one whose start or end was not seen."""
        # First: the end of what is found below must not be missed.
        self._recorder.install()
        run = self._recorder.running
        if _is_main_thread():
            # The main thread serves this request, so it runs no other.
            if run is not None and not run.is_of(self._io.current_request()):
                self._recorder.running = None
            return
        found = self._io.execution() if run is None else None
        if found is None:
            return
        run = self._recorder.adopt(found.request, found.started_s or time.time())
        again = self._io.execution()
        # Had the cell ended just before, nothing would ever report it.
        if (again is None or not run.is_of(again.request)) and self._recorder.running is run:
            self._recorder.running = None

    def reassert_busy(self) -> None:
        """Say again that the kernel is busy, if a request on a subshell hid that."""
        if not _is_main_thread():
            self._io.reassert_status(self._running_request)

    def _offer_magics(self) -> None:
        # A host in which they can't be made can be watched all the same.
        with suppress(Exception):
            from jupyterlab_vram.magics.magics import offer

            offer(self._host)

    def _running_request(self) -> dict[str, Any] | None:
        run = self._recorder.running
        return None if run is None else run.request

    def _since(self) -> float | None:
        run = self._recorder.running
        return None if run is None else run.started_s

    def _on_start(self) -> None:
        self._viewers.note_start(_session_of(self._running_request() or {}))
        self._pusher.cell_started()

    def _on_finish(self, record: wire.CellRecord | None) -> None:
        self._viewers.note_end()
        self._note_capture()
        self._pusher.cell_finished(record)

    def _end_leases(self) -> None:
        """Forget the viewers that gave no sign of life in time, after a last word to them."""
        if not self._viewers.lapsed():
            return
        with self.lock:
            lapsed = self._viewers.lapsed()
            for viewer in lapsed:
                self._viewers.remove(viewer)
                self._curious.pop(viewer, None)
            self.settle()
        if lapsed:
            message = self._compose("push")
            message["lapsed"] = lapsed
            self._push(message)

    def _note_capture(self) -> None:
        # Only the main thread's current stream tells; readings come from another thread.
        if _is_main_thread():
            torch = loaded_torch()
            try:
                self._capturing = torch is not None and is_capturing(torch)
            except Exception:
                self._capturing = False

    def _compose_push(self, records: list[wire.CellRecord]) -> wire.AgentMessage:
        message = self._compose("push")
        message["finished"] = records[-1] if records else None
        message["records"] = records[:-1]
        return message

    def _compose(self, kind: wire.MessageKind) -> wire.AgentMessage:
        with self._counting:
            self._sequence += 1
            sequence = self._sequence
        run = self._recorder.running
        return {
            "schema": SCHEMA_VERSION,
            "kind": kind,
            "boot": self._boot,
            "sequence": sequence,
            "agent_version": __version__,
            "reading": take_reading(self._capturing, self._unsupported),
            "running": None if run is None else run.to_dict(),
            "leaks": self._recorder.leaks(),
        }

    def _push_survey(self, survey: wire.Survey) -> None:
        message = self._compose("push")
        message["processes"] = survey
        self._push(message)

    def _push(self, message: wire.AgentMessage) -> None:
        self._io.push(message)


def _session_of(request: dict[str, Any]) -> str:
    """Return the connection from which a request was sent."""
    session = request.get("header", {}).get("session")
    return session if isinstance(session, str) else ""


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
