"""What is known of ipykernel and IPython beyond their public interface."""

from __future__ import annotations

import sys
from typing import Any


def kernel_shell() -> Any | None:
    """Return the shell of this process's kernel, or whatever shell there is; None without any.

    An embedded shell takes the place of the kernel's for as long as it runs.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if hasattr(shell, "kernel"):
        return shell
    app = getattr(sys.modules.get("ipykernel.kernelapp"), "IPKernelApp", None)
    kernel = getattr(getattr(app, "_instance", None), "kernel", None)
    return getattr(kernel, "shell", None) or shell
