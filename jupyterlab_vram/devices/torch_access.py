"""The one way to reach torch: only if the person's own code imported it.

Nothing here imports torch, initializes a device or makes a CUDA context.
"""

from __future__ import annotations

import sys
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any

from jupyterlab_vram.classes import names_of

from . import torch_private

_DRIVER_NODES = {
    "cuda": ("/dev/nvidiactl", "/dev/nvhost-gpu", "/dev/dxg"),
    "hip": ("/dev/kfd", "/dev/dxg"),
    "xpu": ("/dev/dri", "/dev/dxg"),
}


def loaded_torch() -> Any | None:
    """Return the torch module if it is fully imported, else None.

    A file or a package of the person's that is merely called ``torch`` is not
    torch, and neither is one whose import is still running on another thread.
    """
    module = sys.modules.get("torch")
    if not issubclass(type(module), ModuleType):
        return None
    names = names_of(module)
    if getattr(names.get("__spec__"), "_initializing", False):
        return None
    return module if all(part in names for part in torch_private.PARTS) else None


def is_capturing(torch: Any) -> bool:
    """Whether the calling thread's current CUDA stream is capturing a graph."""
    if not torch.cuda.is_initialized():
        return False
    probe = getattr(torch.cuda, "is_current_stream_capturing", None)
    return bool(probe()) if probe is not None else False


def gpu_build(torch: Any) -> str | None:
    """Return which family of GPU this build of torch supports, or None."""
    version = torch.version
    if getattr(version, "hip", None):
        return "hip"
    if getattr(version, "cuda", None):
        return "cuda"
    return "xpu" if torch_private.is_xpu_compiled(torch) else None


def driver_is_missing(build: str | None = None) -> bool:
    """Whether this machine certainly has no driver for one family of GPU, or for any.

    Asking torch would initialize the driver in this process, after which a
    forked child can no longer use it; so this looks at device files, and only
    Linux gives a certain answer.
    """
    if not sys.platform.startswith("linux"):
        return False
    nodes = _DRIVER_NODES.get(build or "", tuple(chain(*_DRIVER_NODES.values())))
    return not any(Path(node).exists() for node in nodes)
