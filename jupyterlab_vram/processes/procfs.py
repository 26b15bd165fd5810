"""What Linux reports of a process, from ``/proc``; elsewhere nothing is known.

Only the processes of this process's own PID namespace appear there. The driver
may count in another one, so that a number of its can belong here to a process
that has nothing to do with it: see :func:`holds_device`.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PROC = Path("/proc")
#: The driver's device files begin like this; the last is that of WSL.
DEVICE_PREFIXES = ("/dev/nvidia", "/dev/dxg")

_MAX_ANCESTORS = 64
_STATE, _PARENT, _SESSION, _START = 0, 1, 3, 19


@dataclass(frozen=True)
class ProcessFacts:
    """One process at one moment."""

    pid: int
    parent_pid: int
    session_id: int
    #: Dead, and waiting for its parent to notice.
    is_zombie: bool
    #: Real, effective and saved user.
    uids: tuple[int, ...]
    #: Seconds since the epoch; None if the time of boot is not known.
    started_s: float | None
    command: tuple[str, ...]
    #: Tells this process from any other that gets the same number later; None if
    #: it has no command, as for a thread of the kernel.
    identity: str | None


def look_up(pid: int) -> ProcessFacts | None:
    """Return the facts of ``pid``, or None where this process can't see it.

    None, too, where the number is that of a thread: the driver's number then means
    a process of another namespace.
    """
    folder = PROC / str(pid)
    try:
        # The name in parentheses may itself hold parentheses and spaces.
        stat = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
        command = (folder / "cmdline").read_bytes()
        status = (folder / "status").read_text(errors="replace")
        if _numbers(status, "Tgid") != (pid,):
            # A thread: it can be looked up by its number, but is not listed.
            return None
        start = stat[_START]
        return ProcessFacts(
            pid=pid,
            parent_pid=int(stat[_PARENT]),
            session_id=int(stat[_SESSION]),
            is_zombie=stat[_STATE] in "ZX",
            uids=_numbers(status, "Uid")[:3],
            started_s=_started_s(int(start)),
            command=tuple(command.decode(errors="replace").rstrip("\0").split("\0")),
            identity=_identity(pid, start, command) if command.strip(b"\0") else None,
        )
    except (OSError, ValueError, IndexError):
        return None


def ancestors(facts: ProcessFacts) -> Iterator[ProcessFacts]:
    """Yield the parent, its parent, and so on, as far as they can be seen."""
    seen = {facts.pid}
    while facts.parent_pid not in seen and len(seen) <= _MAX_ANCESTORS:
        found = look_up(facts.parent_pid) if facts.parent_pid > 0 else None
        if found is None:
            return
        seen.add(found.pid)
        facts = found
        yield facts


def variable(pid: int, name: str) -> str | None:
    """Return a variable of the environment that a process was started with.

    None if it has none of that name, or its environment is not ours to read.
    """
    prefix = name.encode() + b"="
    try:
        entries = (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return None
    for entry in entries:
        if entry.startswith(prefix):
            return entry[len(prefix) :].decode(errors="replace")
    return None


def holds_device(pid: int) -> bool | None:
    """Whether a process has one of the driver's devices open; None if that can't be seen.

    A process that uses a GPU has. One that does not is not the one the driver
    means: the driver counts processes of another namespace.
    """
    folder = PROC / str(pid) / "fd"
    try:
        names = os.listdir(folder)  # noqa: PTH208 - names are all that is needed
    except OSError:
        return None
    for name in names:
        with suppress(OSError):
            if str((folder / name).readlink()).startswith(DEVICE_PREFIXES):
                return True
    return False


def user_name(uid: int) -> str:
    """Return the name of a user, or the number where there is none."""
    with suppress(ImportError, KeyError):
        import pwd

        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _numbers(status: str, name: str) -> tuple[int, ...]:
    """Return the numbers of one line of ``/proc/<pid>/status``."""
    for line in status.splitlines():
        if line.startswith(name + ":"):
            return tuple(map(int, line.split()[1:]))
    raise ValueError(f"no {name}")


def _started_s(ticks: int) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        for line in (PROC / "stat").read_text().splitlines():
            if line.startswith("btime "):
                return int(line.split()[1]) + ticks / os.sysconf("SC_CLK_TCK")
    return None


def _identity(pid: int, start: str, command: bytes) -> str:
    boot = b""
    with suppress(OSError):
        boot = (PROC / "sys/kernel/random/boot_id").read_bytes()
    parts = (boot, str(pid).encode(), start.encode(), command)
    return hashlib.sha256(b"\n".join(parts)).hexdigest()[:32]
