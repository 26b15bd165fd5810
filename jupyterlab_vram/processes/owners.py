"""Which notebook a process belongs to, and whether its parent or server still runs.

A kernel names itself in its command line and its notebook in its environment.
Whatever a kernel started, such as the workers of a data loader, belongs to its
notebook too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from jupyterlab_vram.host.kernel_process import (
    NOTEBOOK_VARIABLE,
    SERVER_VARIABLE,
    is_kernel_command,
    kernel_id_in,
)

from . import procfs

if TYPE_CHECKING:
    from .procfs import ProcessFacts

#: Who takes in processes whose own parent has ended, besides PID 1.
_TAKES_IN = ("systemd", "init", "tini", "dumb-init", "docker-init")


@dataclass(frozen=True)
class Owner:
    """The kernel a process is, or comes from."""

    #: Whether the process itself is a kernel.
    is_kernel: bool = False
    #: The process of the kernel; None if it has ended, or there never was one.
    kernel_pid: int | None = None
    #: Jupyter's name for the kernel, if its command line tells.
    kernel_id: str | None = None
    #: The path of the notebook when the kernel was started.
    notebook: str | None = None


def owner_of(facts: ProcessFacts) -> Owner:
    """Find the nearest kernel among a process and its ancestors."""
    for each in chain([facts], procfs.ancestors(facts)):
        if is_kernel(each):
            return Owner(
                is_kernel=each.pid == facts.pid,
                kernel_pid=each.pid,
                kernel_id=kernel_id_in(each.command),
                notebook=procfs.variable(each.pid, NOTEBOOK_VARIABLE),
            )
    return Owner(notebook=procfs.variable(facts.pid, NOTEBOOK_VARIABLE))


def is_kernel(facts: ProcessFacts) -> bool:
    """Whether a process is a Jupyter kernel, by its command line."""
    return is_kernel_command(facts.command)


def server_pid(facts: ProcessFacts) -> int | None:
    """Return the server that started a kernel, as the kernel's environment names it."""
    told = procfs.variable(facts.pid, SERVER_VARIABLE)
    return int(told) if told is not None and told.isascii() and told.isdigit() else None


def is_parent_gone(facts: ProcessFacts) -> bool:
    """Whether the process outlived the one that started it and would have ended it.

    A process that left on purpose, as services do, leads a session of its own and
    does not count. A kernel does so too; but it knows its server.
    """
    server = server_pid(facts) if is_kernel(facts) else None
    if server is not None:
        return facts.parent_pid != server and procfs.look_up(server) is None
    parent = procfs.look_up(facts.parent_pid)
    was_taken_in = facts.parent_pid <= 1 or (parent is not None and _takes_in(parent))
    left_on_purpose = facts.session_id in (facts.pid, facts.parent_pid)
    return was_taken_in and not left_on_purpose


def _takes_in(facts: ProcessFacts) -> bool:
    return facts.command[0].rpartition("/")[2] in _TAKES_IN
