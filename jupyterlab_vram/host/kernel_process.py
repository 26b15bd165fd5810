"""What tells from outside that a process is a Jupyter kernel: its command and its environment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Variables of a kernel's environment: the path of its notebook, and its server's process.
NOTEBOOK_VARIABLE = "JPY_SESSION_NAME"
SERVER_VARIABLE = "JPY_PARENT_PID"

_CONNECTION_FILE = re.compile(r"kernel-([0-9A-Za-z_-]{1,64})\.json$")
_LAUNCHERS = ("ipykernel_launcher", "ipykernel")


def is_kernel_command(command: Iterable[str]) -> bool:
    """Whether a command line is that of a Jupyter kernel."""
    return any(word in _LAUNCHERS or _CONNECTION_FILE.search(word) is not None for word in command)


def kernel_id_in(command: Iterable[str]) -> str | None:
    """Return Jupyter's name for the kernel with this command line, if that tells."""
    found = next(filter(None, map(_CONNECTION_FILE.search, command)), None)
    return None if found is None else found.group(1)
