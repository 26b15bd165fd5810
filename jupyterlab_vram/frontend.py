"""The agent's side of the conversation with a front end.

:func:`handle` answers requests. Between requests the agent pushes what changed,
as long as a viewer is attached.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from typing import Any, Callable

from . import gpu_processes, modelfiles, practice, stopping
from .cells import CellRecorder
from .clearing import clear
from .failures import allocator_settings
from .holders import find_holders
from .kernel_io import MIME_TYPE, CannotPushError, KernelIO
from .process_watch import ProcessWatch
from .pusher import MAX_INTERVAL_S, Pusher
from .readings import take_reading
from .refusal import RefusedError
from .torch_access import is_capturing, loaded_torch
from .version import __version__

SCHEMA_VERSION = 1
MAX_VIEWERS = 16
MIN_INTERVAL_S = 0.25


class Reply:
    """An answer, shown to the front end as JSON and to nobody else."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.payload = payload

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, Any]:
        return {MIME_TYPE: self.payload}

    def __repr__(self) -> str:
        """Say what this is where only text is shown."""
        return "<jupyterlab_vram reply>"


class Agent:
    """Watches one IPython kernel on behalf of its viewers."""

    def __init__(self, shell: Any) -> None:
        """Make an agent for ``shell``; it watches once it is told to.

        Raises:
            CannotPushError: if the kernel is not an ipykernel.
        """
        self._io = KernelIO(shell)
        self._boot = uuid.uuid4().hex
        self._sequence = 0
        #: How often each viewer wants to be told, in seconds; the latest last.
        self._viewers: dict[str, float] = {}
        self._capturing = False
        self._lock = threading.Lock()
        self._recorder = CellRecorder(shell, self._io.current_request)
        self._recorder.on_start = self._on_start
        self._recorder.on_finish = self._on_finish
        self._pusher = Pusher(
            self._compose_push, self._push, self._since, self._recorder.sample, self._io.log
        )
        #: From how many bytes on each viewer who wants to know calls a process left over.
        self._curious: dict[str, int] = {}
        self._process_watch = ProcessWatch(self._push_survey, self._io.log)

    def attach(self, viewer: str, interval_s: float, exact_peaks: bool) -> dict[str, Any]:
        """Begin to push to ``viewer``; returns where things stand."""
        self._recorder.exact_peaks = exact_peaks
        self._viewers.pop(viewer, None)
        self._viewers[viewer] = interval_s
        while len(self._viewers) > MAX_VIEWERS:
            del self._viewers[next(iter(self._viewers))]
        self._note_capture()
        message = self._compose("attached")
        message["records"] = self._recorder.records()
        return message

    def tell_processes(self, viewer: str, leftover_bytes: int | None) -> None:
        """Tell ``viewer`` who uses the GPUs; None: no longer."""
        self._curious.pop(viewer, None)
        if leftover_bytes is not None:
            self._curious[viewer] = leftover_bytes
            self._process_watch.start(leftover_bytes)

    def detach(self, viewer: str) -> dict[str, Any]:
        """Stop pushing to ``viewer``."""
        self._viewers.pop(viewer, None)
        self._curious.pop(viewer, None)
        return self._compose("done")

    def settle(self) -> None:
        """With a viewer everything runs; without one nothing of the agent does."""
        if not self._curious.keys() & self._viewers.keys():
            self._process_watch.stop()
        if self._viewers:
            self._pusher.interval_s = min(self._viewers.values())
            self._pusher.start()
        else:
            self._pusher.stop()
            self._recorder.remove()

    def clear(self, release: list[str], names: list[str]) -> dict[str, Any]:
        """Clear the memory; what was named lets go first.

        Raises:
            RefusedError: while a cell runs or a graph is being captured, or for a name
                that nothing has.
        """
        if self._recorder.running is not None:
            raise RefusedError("A cell is running; clear when it has ended.")
        report = clear(release, names)
        message = self._compose("cleared")
        message["clear"] = report.to_dict()
        return message

    def answer(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Answer a question with ``facts``, which have a form of their own."""
        message = self._compose("answered")
        message["answer"] = facts
        return message

    def refuse(self, reason: str) -> dict[str, Any]:
        """Answer that a request was not carried out, and why."""
        message = self._compose("refused")
        message["reason"] = reason
        return message

    def close(self) -> None:
        """Stop watching; nothing of the agent stays in the shell."""
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
        # Had the cell ended just before, nobody would ever say so.
        if (again is None or not run.is_of(again.request)) and self._recorder.running is run:
            self._recorder.running = None

    def reassert_busy(self) -> None:
        """Say again that the kernel is busy, if a request on a subshell hid that."""
        if not _is_main_thread():
            self._io.reassert_status(self._running_request)

    def _running_request(self) -> dict[str, Any] | None:
        run = self._recorder.running
        return None if run is None else run.request

    def _since(self) -> float | None:
        run = self._recorder.running
        return None if run is None else run.started_s

    def _on_start(self) -> None:
        self._pusher.cell_started()

    def _on_finish(self, record: dict[str, Any] | None) -> None:
        self._note_capture()
        self._pusher.cell_finished(record)

    def _note_capture(self) -> None:
        # Only the main thread's current stream tells; readings come from another thread.
        if _is_main_thread():
            torch = loaded_torch()
            try:
                self._capturing = torch is not None and is_capturing(torch)
            except Exception:
                self._capturing = False

    def _compose_push(self, finished: dict[str, Any] | None) -> dict[str, Any]:
        message = self._compose("push")
        message["finished"] = finished
        return message

    def _compose(self, kind: str) -> dict[str, Any]:
        with self._lock:
            self._sequence += 1
            sequence = self._sequence
        run = self._recorder.running
        return {
            "schema": SCHEMA_VERSION,
            "kind": kind,
            "boot": self._boot,
            "sequence": sequence,
            "agent_version": __version__,
            "reading": take_reading(self._capturing),
            "running": None if run is None else run.to_dict(),
            "leaks": self._recorder.leaks(),
        }

    def _push_survey(self, survey: dict[str, Any]) -> None:
        message = self._compose("push")
        message["processes"] = survey
        self._push(message)

    def _push(self, message: dict[str, Any]) -> None:
        self._io.push(message, self._running_request())


class _Host:
    """Holds the one agent of this process."""

    def __init__(self) -> None:
        self.agent: Agent | None = None
        self.lock = threading.Lock()


_host = _Host()


def handle(request: str) -> Reply:
    """Answer one request, given as JSON; never raises into the person's kernel."""
    try:
        fields = json.loads(request)
        agent = _agent()
        try:
            agent.find_running_cell()
            payload = _carry_out(agent, fields)
        finally:
            agent.settle()
            agent.reassert_busy()
    except Exception as error:
        payload = _failed(error)
    return Reply(payload)


def _carry_out(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    question = _QUESTIONS.get(fields["op"])
    if question is not None:
        return agent.answer(question(fields))
    return _OPERATIONS[fields["op"]](agent, fields)


def stop() -> None:
    """End the agent of this process, as if it had never been attached."""
    with _host.lock:
        if _host.agent is not None:
            _host.agent.close()
            _host.agent = None


def _agent() -> Agent:
    with _host.lock:
        if _host.agent is None:
            ipython = sys.modules.get("IPython")
            shell = ipython.get_ipython() if ipython is not None else None
            if shell is None:
                raise CannotPushError("This kernel runs no IPython shell")
            _host.agent = Agent(shell)
            _renew_magics(shell)
        return _host.agent


def _renew_magics(shell: Any) -> None:
    """Replace the magics of another copy of this package, which another agent brought."""
    owner = getattr(shell.magics_manager.magics["line"].get("vram"), "__self__", None)
    if type(owner).__module__ == f"{__package__}.magics":
        from .magics import VramMagics

        if type(owner) is not VramMagics:
            shell.register_magics(VramMagics)


def _attach(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    _set_practice(fields.get("practice"))
    interval_s = float(fields.get("interval_ms", 0)) / 1000
    bounded_s = min(max(MIN_INTERVAL_S, interval_s), MAX_INTERVAL_S)
    exact_peaks = fields.get("exact_peaks") is True
    viewer = str(fields["viewer"])[:64]
    wanted = fields.get("leftover_bytes")
    threshold = None if wanted is None else gpu_processes.checked_threshold(wanted)
    agent.tell_processes(viewer, threshold)
    return agent.attach(viewer, bounded_s, exact_peaks)


def _detach(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    return agent.detach(str(fields["viewer"])[:64])


def _clear(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    return agent.clear(_texts(fields.get("release")), _texts(fields.get("names")))


def _holders(fields: dict[str, Any]) -> dict[str, Any]:
    return find_holders(int(fields["min_bytes"])).to_dict()


def _failure(_fields: dict[str, Any]) -> dict[str, Any]:
    return {"allocator_settings": allocator_settings()}


def _model_file(fields: dict[str, Any]) -> dict[str, Any]:
    return modelfiles.describe(str(fields["path"]))


def _cached_models(_fields: dict[str, Any]) -> dict[str, Any]:
    return modelfiles.cached_models()


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values or ()]


def _set_practice(wanted: Any) -> None:
    if wanted is True:
        practice.switch_on()
    elif wanted is False:
        practice.switch_off()


_OPERATIONS: dict[str, Callable[[Agent, dict[str, Any]], dict[str, Any]]] = {
    "attach": _attach,
    "detach": _detach,
    "clear": _clear,
}

#: What is answered with facts of its own, from the fields of the request. May raise RefusedError.
_QUESTIONS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "processes": gpu_processes.answer,
    "stop": stopping.answer,
    "holders": _holders,
    "failure": _failure,
    "model_file": _model_file,
    "cached_models": _cached_models,
}


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _failed(error: Exception) -> dict[str, Any]:
    plain = (CannotPushError, practice.PracticeUnavailableError, RefusedError)
    is_plain = isinstance(error, plain)
    reason = str(error) if is_plain else f"The agent failed: {error!r}"
    if _host.agent is not None:
        return _host.agent.refuse(reason)
    return {
        "schema": SCHEMA_VERSION,
        "kind": "refused",
        "boot": "",
        "sequence": 0,
        "agent_version": __version__,
        "reading": take_reading(capturing=False),
        "reason": reason,
    }
