"""Where IPython's shells are found: the kernel's, registered ones, and those that run embedded."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, with_subclasses

from . import ipykernel

if TYPE_CHECKING:
    from types import FrameType

SHELL_MODULE = "IPython.core.interactiveshell"
#: What IPython puts into every namespace, in plain sight.
_SHOWN_NAMES = ("In", "Out", "get_ipython", "exit", "quit", "open")


def kernel_shell() -> Any | None:
    """Return the shell of this process's kernel, or whatever shell there is; None without any.

    An embedded shell takes the place of the kernel's for as long as it runs.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if hasattr(shell, "kernel"):
        return shell
    return getattr(ipykernel.running_kernel(), "shell", None) or shell


def is_shown_host_name(name: str) -> bool:
    """Whether IPython puts ``name`` into every namespace, in plain sight."""
    return name in _SHOWN_NAMES


def is_embedded_frame(frame: FrameType) -> bool:
    """Whether a frame is of a shell that runs in a terminal, as an embedded one does."""
    name = frame.f_globals.get("__name__")
    return type(name) is str and name.startswith("IPython.terminal.")


def shell_class() -> type | None:
    """Return the class of all shells; None where IPython was not imported."""
    found: type | None = getattr(sys.modules.get(SHELL_MODULE), "InteractiveShell", None)
    return found


def registered_shells() -> list[Any]:
    """Return the one instance that each class of shells may have."""
    base = shell_class()
    classes = {} if base is None else with_subclasses(base)
    return [attributes_of_class(cls).get("_instance") for cls in classes.values()]
