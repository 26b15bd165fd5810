"""The kernel's side of the conversation with a front end: :func:`handle` answers requests."""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, Callable

from . import gpu_processes, practice
from .agent import SCHEMA_VERSION, Agent
from .kernel_io import MIME_TYPE, CannotPushError
from .pusher import MAX_INTERVAL_S
from .questions import QUESTIONS
from .readings import take_reading
from .refusal import RefusedError
from .version import __version__

__all__ = ["SCHEMA_VERSION", "handle", "stop"]

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
    question = QUESTIONS.get(fields["op"])
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
    # A viewer that does not care leaves another one's wish alone.
    wish = fields.get("exact_peaks")
    exact_peaks = None if wish is None else wish is True
    viewer = str(fields["viewer"])[:64]
    wanted = fields.get("leftover_bytes")
    threshold = None if wanted is None else gpu_processes.checked_threshold(wanted)
    agent.tell_processes(viewer, threshold)
    return agent.attach(viewer, bounded_s, exact_peaks)


def _detach(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    return agent.detach(str(fields["viewer"])[:64])


def _clear(agent: Agent, fields: dict[str, Any]) -> dict[str, Any]:
    return agent.clear(_texts(fields.get("release")), _texts(fields.get("names")))


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
