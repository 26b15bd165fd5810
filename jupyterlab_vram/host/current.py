"""The hosts that this package knows, and the one of this process: all that other folders import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ipykernel import LOOP_PACKAGES
from .ipython import (
    CLASS_PREFIXES,
    FRAME_PREFIXES,
    PACKAGES,
    IPythonHost,
    cell_end,
    is_record,
    is_record_class,
    runs_cell_code,
)
from .ipython_shells import (
    is_embedded_frame,
    is_shown_host_name,
    kernel_shell,
    registered_shells,
    shell_class,
)
from .plain import PlainHost

if TYPE_CHECKING:
    from .interface import Host

__all__ = [
    "CLASS_PREFIXES",
    "FRAME_PREFIXES",
    "LOOP_PACKAGES",
    "PACKAGES",
    "cell_end",
    "current_host",
    "is_embedded_frame",
    "is_record",
    "is_record_class",
    "is_shown_host_name",
    "registered_shells",
    "runs_cell_code",
    "shell_class",
]


def current_host() -> Host:
    """Return the host of this process: the kernel's shell where there is one."""
    shell = kernel_shell()
    return PlainHost() if shell is None else IPythonHost(shell)
