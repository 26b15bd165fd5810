"""How large a workspace of cuBLAS can be.

PyTorch gives every handle a workspace for each stream that it multiplies on, and keeps both
for good. Nothing in Python refers to them, and their sizes are those of many tensors: a size
alone tells nothing.
"""

from __future__ import annotations

import os
import re

from . import torch_private
from .torch_access import loaded_torch

_SETTING = re.compile(r":(\d+):(\d+)")


def workspace_sizes(index: int) -> set[int]:
    """Return the sizes, in bytes, that a workspace can have on one CUDA device."""
    return {*_default_sizes(index), *_chosen_sizes()}


def _default_sizes(index: int) -> set[int]:
    try:
        capability = tuple(loaded_torch().cuda.get_device_capability(index))  # type: ignore[union-attr]
    except Exception:
        return torch_private.default_workspace_sizes(None)
    return torch_private.default_workspace_sizes(capability)


def _chosen_sizes() -> set[int]:
    """What the environment asks for; PyTorch may have read it before it was changed."""
    pairs = _SETTING.findall(os.environ.get("CUBLAS_WORKSPACE_CONFIG", ""))
    chosen = {sum(int(size) * int(count) << 10 for size, count in pairs)} if pairs else set()
    lt = os.environ.get("CUBLASLT_WORKSPACE_SIZE", "")
    return chosen | ({int(lt) << 10} if lt.isdecimal() else set())
