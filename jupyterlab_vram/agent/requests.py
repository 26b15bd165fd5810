"""The kernel's side of the conversation with a front end: :func:`handle` answers requests."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable

from jupyterlab_vram.cells import oom
from jupyterlab_vram.devices import practice
from jupyterlab_vram.devices.readings import take_reading
from jupyterlab_vram.holders.clear import clear, clear_as_shown
from jupyterlab_vram.host.current import current_host
from jupyterlab_vram.host.other_copies import end_others
from jupyterlab_vram.process_state import process_wide
from jupyterlab_vram.processes import listing
from jupyterlab_vram.version import __version__
from jupyterlab_vram.wire import (
    MAX_LEASE_S,
    MAX_PUSH_INTERVAL_S,
    MAX_VIEWER_LENGTH,
    MIME_TYPE,
    MIN_LEASE_S,
    MIN_PUSH_INTERVAL_S,
    SCHEMA_VERSION,
)

from .agent import Agent
from .questions import OUTSIDE, QUESTIONS

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.host.interface import Host

__all__ = ["SCHEMA_VERSION", "handle", "stop"]

#: Errors whose message is one plain sentence, by name: a module may have been loaded again
#: since, and what it raises is then of another class.
_PLAIN = {"CannotPushError", "PracticeUnavailableError", "RefusedError"}


class Reply:
    """An answer, shown to the front end as JSON and to nobody else."""

    def __init__(self, payload: wire.AgentMessage) -> None:
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
        #: The copy of this module that made it, which alone knows how to treat it.
        self.frontend: Any = None
        self.lock = threading.RLock()


_host = process_wide("host", _Host)
#: This copy; there may be others, see :mod:`~jupyterlab_vram.process_state`.
_self = sys.modules[__name__]


def handle(request: str) -> Reply:
    """Answer one request, given as JSON; never raises into the person's kernel."""
    keeper = _host.frontend
    if keeper is not None and keeper is not _self:
        reply: Reply = keeper.handle(request)
        return reply
    try:
        fields = json.loads(request)
        agent = _agent()
        try:
            with agent.lock:
                agent.find_running_cell()
                agent.note_request(_viewer_of(fields))
            payload = _carry_out(agent, fields)
        finally:
            with agent.lock:
                agent.settle()
            agent.reassert_busy()
    except (Exception, KeyboardInterrupt) as error:
        payload = _failed(error)
    return Reply(payload)


def _carry_out(agent: Agent, fields: dict[str, Any]) -> wire.AgentMessage:
    operation: wire.Operation = fields["op"]
    question = QUESTIONS.get(operation)
    if question is not None and operation in OUTSIDE:
        # It may wait for long, and others need not wait for it.
        return agent.answer(question(fields))
    with agent.lock:
        if question is not None:
            return agent.answer(question(fields))
        return _OPERATIONS[operation](agent, fields)


def stop() -> None:
    """End the agent of this process, as if it had never been attached."""
    with _host.lock:
        if _host.agent is not None:
            _host.agent.close()
        _host.agent = _host.frontend = None


def _agent() -> Agent:
    with _host.lock:
        if _host.agent is None:
            host = current_host()
            channel = host.channel()
            end_others(host)
            _host.agent, _host.frontend = Agent(host, channel), _self
            _renew_magics(host)
        return _host.agent


def _renew_magics(host: Host) -> None:
    """Replace the magics of another copy of this package, which another agent brought."""
    # A host in which they can't be made has none.
    with suppress(Exception):
        from jupyterlab_vram.magics.magics import renew

        if renew(host):
            oom.watch(host)


def _attach(agent: Agent, fields: dict[str, Any]) -> wire.AgentMessage:
    _set_practice(fields.get("practice"))
    interval_s = float(fields.get("interval_ms", 0)) / 1000
    bounded_s = min(max(MIN_PUSH_INTERVAL_S, interval_s), MAX_PUSH_INTERVAL_S)
    # A viewer that does not care leaves another one's wish alone.
    wish = fields.get("exact_peaks")
    exact_peaks = None if wish is None else wish is True
    if "viewer" not in fields:
        raise KeyError("viewer")
    viewer = _viewer_of(fields)
    wanted = fields.get("leftover_bytes")
    threshold = None if wanted is None else listing.checked_threshold(wanted)
    agent.tell_processes(viewer, threshold)
    return agent.attach(viewer, bounded_s, _lease_s(fields.get("lease_s")), exact_peaks)


def _lease_s(wanted: Any) -> float | None:
    """Return how long a viewer may be silent; None: for ever."""
    return None if wanted is None else min(max(MIN_LEASE_S, float(wanted)), MAX_LEASE_S)


def _detach(agent: Agent, fields: dict[str, Any]) -> wire.AgentMessage:
    return agent.detach(str(fields["viewer"])[:MAX_VIEWER_LENGTH])


def _read(agent: Agent, _fields: dict[str, Any]) -> wire.AgentMessage:
    return agent.read()


def _viewer_of(fields: dict[str, Any]) -> str:
    return str(fields.get("viewer", ""))[:MAX_VIEWER_LENGTH]


def _clear(agent: Agent, fields: dict[str, Any]) -> wire.AgentMessage:
    shown = fields.get("shown")
    if shown is not None:
        return agent.clear(lambda: clear_as_shown(str(shown)))
    release, names = _texts(fields.get("release")), _texts(fields.get("names"))
    return agent.clear(lambda: clear(release, names))


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values or ()]


def _set_practice(wanted: Any) -> None:
    if wanted is True:
        practice.switch_on()
    elif wanted is False:
        practice.switch_off()


_OPERATIONS: dict[wire.Operation, Callable[[Agent, dict[str, Any]], wire.AgentMessage]] = {
    "attach": _attach,
    "detach": _detach,
    "read": _read,
    "clear": _clear,
}


def _failed(error: BaseException) -> wire.AgentMessage:
    is_plain = not _PLAIN.isdisjoint(base.__name__ for base in type(error).__mro__)
    reason = str(error) if is_plain else f"The agent failed: {error!r}"
    if isinstance(error, KeyboardInterrupt):
        reason = "The kernel was interrupted while it answered."
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
