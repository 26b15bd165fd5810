"""Stopping a process that holds a GPU: politely first, and only what was listed.

All rules are checked here, again at the moment of the signal, whatever a front
end has shown or sent.
"""

from __future__ import annotations

import os
import signal
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, cast

from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.process_state import process_wide

from . import owners, procfs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyterlab_vram import wire_types as wire

#: How long a process may take to end by itself before it may be killed.
GRACE_S = 5.0
#: How long a stop waits to see whether the process ends at once.
WAIT_S = 0.5
#: Set to anything but 0 or nothing, it forbids stopping from this kernel.
READ_ONLY_VARIABLE = "JUPYTERLAB_VRAM_READ_ONLY"

REASONS: dict[wire.StopRefusal, str] = {
    "read-only": "Stopping processes is switched off here.",
    "not-visible": "This process can't be seen from here: it runs in another container, "
    "on the host, or has ended.",
    "init": "This process is the first of the machine or the container.",
    "this-kernel": "This process is this kernel; shut it down instead.",
    "server": "The Jupyter server runs in this process.",
    "jupyter-kernel": "This process is a kernel of this Jupyter server; shut it down instead.",
    "foreign-user": "This process belongs to another user.",
    "zombie": "This process has ended; its parent process has not collected it yet.",
    "unconfirmed": "It can't be confirmed that this is the process that the driver means.",
}

_MAX_ISSUED = 1000


@dataclass(frozen=True)
class StopReport:
    """What one request to stop led to."""

    pid: int
    #: ``SIGTERM`` or ``SIGKILL``.
    signal: wire.StopSignal
    has_ended: bool
    #: Seconds until it may be killed.
    grace_s: float

    def to_dict(self) -> wire.StopReport:
        """Return the report as the wire format's ``StopReport``."""
        return cast("wire.StopReport", asdict(self))


class _Register:
    """The processes that were listed as stoppable, and those asked to stop."""

    def __init__(self) -> None:
        #: By identity: the process's number, and when it was asked to end.
        self.issued: OrderedDict[str, tuple[int, float | None]] = OrderedDict()

    def issue(self, identity: str, pid: int) -> None:
        self.issued.setdefault(identity, (pid, None))
        self.issued.move_to_end(identity)
        while len(self.issued) > _MAX_ISSUED:
            self.issued.popitem(last=False)


_register = process_wide("stopping", _Register)


def is_read_only() -> bool:
    """Whether the environment of this kernel forbids to stop anything."""
    return os.environ.get(READ_ONLY_VARIABLE, "0") not in ("", "0")


def reason_against(facts: procfs.ProcessFacts) -> wire.StopRefusal | None:
    """Return why a process is not to be stopped from here: a key of :data:`REASONS`."""
    own = procfs.look_up(os.getpid())
    above = {} if own is None else {each.pid: each for each in procfs.ancestors(own)}
    rules: tuple[tuple[wire.StopRefusal, bool], ...] = (
        ("read-only", is_read_only()),
        ("init", facts.pid <= 1),
        ("this-kernel", facts.pid == os.getpid()),
        ("server", own is None or facts.pid in above or facts.pid == owners.server_pid(own)),
        ("foreign-user", set(facts.uids) != {_user()}),
        ("zombie", facts.is_zombie),
        ("jupyter-kernel", own is not None and _is_sibling(facts, own)),
        ("unconfirmed", facts.identity is None or procfs.holds_device(facts.pid) is not True),
    )
    return next((reason for reason, applies in rules if applies), None)


def issue(facts: procfs.ProcessFacts) -> str | None:
    """Remember that a process was listed as one that may be stopped."""
    if facts.identity is not None:
        _register.issue(facts.identity, facts.pid)
    return facts.identity


def stop(pid: int, identity: str, force: bool = False) -> StopReport:
    """Ask a listed process to end or, some seconds after that, kill it.

    Args:
        pid: its number.
        identity: what the list said of it.
        force: kill it; only after it was asked and did not end in time.

    Raises:
        RefusedError: if it is not to be stopped; nothing was done then.
    """
    asked_s = _asked_s(pid, identity)
    # From here on the number means one process, which is then looked at.
    handle = _open(pid)
    try:
        _check(pid, identity, force, asked_s)
        _send(pid, handle, signal.SIGKILL if force else signal.SIGTERM)
        _register.issued[identity] = (pid, asked_s or time.monotonic())
        name: wire.StopSignal = "SIGKILL" if force else "SIGTERM"
        return StopReport(pid, name, _wait(pid, identity), 0.0 if force else GRACE_S)
    finally:
        if handle is not None:
            os.close(handle)


def answer(fields: dict[str, Any]) -> wire.StopReport:
    """Answer a front end's request to stop a process.

    Raises:
        RefusedError: as :func:`stop`.
    """
    pid, identity = int(fields["pid"]), str(fields["identity"])
    return stop(pid, identity, fields.get("force") is True).to_dict()


def _asked_s(pid: int, identity: str) -> float | None:
    """Return when a listed process was asked to end; None: it was not yet."""
    if is_read_only():
        raise RefusedError(REASONS["read-only"])
    listed, asked_s = _register.issued.get(identity, (None, None))
    if listed is None or listed != pid:
        raise RefusedError("This process was not listed here. List the processes again first.")
    return asked_s


def _check(pid: int, identity: str, force: bool, asked_s: float | None) -> None:
    """Check every other rule."""
    facts = procfs.look_up(pid)
    if facts is None:
        raise RefusedError("This process has ended.")
    if facts.identity != identity and not facts.is_zombie:
        raise RefusedError("This process ID now belongs to another process.")
    reason = reason_against(facts)
    if reason is not None:
        raise RefusedError(REASONS[reason])
    if force:
        if asked_s is None:
            raise RefusedError("Ask the process to end before you kill it.")
        left_s = asked_s + GRACE_S - time.monotonic()
        if left_s > 0:
            raise RefusedError(f"Give the process {ceil(left_s)} s more to end by itself.")


def _open(pid: int) -> int | None:
    """Return a handle that keeps meaning one process, where the system has such handles.

    Raises:
        RefusedError: if it has, but gives none for this process.
    """
    if not _has_handles():
        return None
    with _refusals(pid):
        return os.pidfd_open(pid)


def _has_handles() -> bool:
    """Whether this system gives handles at all: an old one, or a container's rules, may not."""
    if not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def _send(pid: int, handle: int | None, number: signal.Signals) -> None:
    with _refusals(pid):
        if handle is None:
            os.kill(pid, number)
        else:
            signal.pidfd_send_signal(handle, number)


@contextmanager
def _refusals(pid: int) -> Iterator[None]:
    """Say in a sentence why the system refused."""
    try:
        yield
    except (OSError, OverflowError) as error:
        if procfs.look_up(pid) is None:
            raise RefusedError("This process has ended.") from None
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
        raise RefusedError(f"The system refused: {reason}.") from None


def _wait(pid: int, identity: str) -> bool:
    deadline_s = time.monotonic() + WAIT_S
    while not _has_ended(pid, identity):
        if time.monotonic() >= deadline_s:
            return False
        time.sleep(0.02)
    return True


def _has_ended(pid: int, identity: str) -> bool:
    facts = procfs.look_up(pid)
    return facts is None or facts.is_zombie or facts.identity != identity


def _is_sibling(facts: procfs.ProcessFacts, own: procfs.ProcessFacts) -> bool:
    """Whether a process is a kernel of the server that runs this one."""
    if not owners.is_kernel(facts) or not owners.is_kernel(own):
        return False
    return _server_of(facts) == _server_of(own)


def _server_of(kernel: procfs.ProcessFacts) -> int:
    return owners.server_pid(kernel) or kernel.parent_pid


def _user() -> int:
    return os.geteuid()
