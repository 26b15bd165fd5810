"""How large a workspace of cuBLAS is, and how many PyTorch keeps.

PyTorch gives every handle a workspace for each stream that it multiplies on, and keeps both
for good. Nothing in Python refers to them, and their sizes are those of many tensors: a size
alone tells nothing.
"""

from __future__ import annotations

import os
import re

from .torch_access import loaded_torch

#: For each size and stream: one of the thread that runs cells, and one of backward passes.
#: Threads of a person's own may have more; which those are is not known then.
MAX_HANDLES = 2

_HOPPER = (9, 0)
_HOPPER_BYTES = 32 << 20
_OTHER_BYTES = (2 * 4096 + 8 * 16) << 10
_LT_BYTES = 1 << 20
_SETTING = re.compile(r":(\d+):(\d+)")


def workspace_sizes(index: int) -> set[int]:
    """Return the sizes, in bytes, that a workspace can have on one CUDA device."""
    return {*_default_sizes(index), *_chosen_sizes()}


def _default_sizes(index: int) -> set[int]:
    try:
        version = tuple(loaded_torch().cuda.get_device_capability(index))  # type: ignore[union-attr]
    except Exception:
        return {_HOPPER_BYTES, _OTHER_BYTES, _LT_BYTES}
    if version < _HOPPER:
        return {_OTHER_BYTES, _LT_BYTES}
    # Versions of PyTorch differ in what they give to newer ones.
    return (
        {_HOPPER_BYTES, _LT_BYTES}
        if version == _HOPPER
        else {_HOPPER_BYTES, _OTHER_BYTES, _LT_BYTES}
    )


def _chosen_sizes() -> set[int]:
    """What the environment asks for; PyTorch may have read it before it was changed."""
    pairs = _SETTING.findall(os.environ.get("CUBLAS_WORKSPACE_CONFIG", ""))
    chosen = {sum(int(size) * int(count) << 10 for size, count in pairs)} if pairs else set()
    lt = os.environ.get("CUBLASLT_WORKSPACE_SIZE", "")
    return chosen | ({int(lt) << 10} if lt.isdecimal() else set())
