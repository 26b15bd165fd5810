"""Every fact about torch that is not public API; :func:`probe` says what a version lacks.

Each is asked of the class or module that torch defines, never of a person's object, and is None,
or says no, where this torch has it no more or not yet.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, NamedTuple

#: What a finished import of torch has.
PARTS = ("_C", "Tensor", "cuda", "version", "backends", "__version__")
#: Modules of which a class is the compiler's.
COMPILER_PREFIXES = ("torch._dynamo", "torch._inductor", "torch._functorch")
#: What a module of torch's calls its own parts; nobody writes these in a path.
MODULE_TABLES = ("_parameters", "_buffers", "_modules")
#: Names under which an autograd node has what it saved, as it was packed.
RAW_SAVED = "_raw_saved_"
#: XPU's allocator hands out multiples of this, as CUDA's does.
ROUNDING_BYTES = 512

#: Functions of subclasses and of modes; dispatch of both. In all versions from 2.0 on.
_GUARDS = ("DisableTorchFunction", "DisableTorchFunctionSubclass", "_DisableTorchDispatch")
#: The parts that hold the memory of a tensor which has no storage of its own.
_SPARSE_PARTS = (
    "_indices",
    "_values",
    "crow_indices",
    "ccol_indices",
    "col_indices",
    "row_indices",
)

#: For each size and stream a workspace of cuBLAS is kept: one of the thread that runs cells, and
#: one of backward passes. Threads of a person's own may have more; which is not known then.
MAX_WORKSPACE_HANDLES = 2
_HOPPER = (9, 0)
_HOPPER_BYTES = 32 << 20
_OTHER_BYTES = (2 * 4096 + 8 * 16) << 10
_LT_BYTES = 1 << 20


class StorageAccess(NamedTuple):
    """How a storage is told from others and followed without keeping it."""

    #: The address of its implementation, unique for as long as there is a weak reference to it.
    key: Callable[[Any], int]
    device: Callable[[Any], Any]
    nbytes: Callable[[Any], int]
    #: Makes a weak reference, whose ``expired`` tells whether the storage is gone.
    weak: Callable[[Any], Any]


def storage_access(torch: Any) -> StorageAccess | None:
    """Return how storages are followed; None in a torch that does not offer it (before 2.0)."""
    base, storage = _inner(torch, "StorageBase"), getattr(torch, "UntypedStorage", None)
    reductions = sys.modules.get("torch.multiprocessing.reductions")
    weak_class = getattr(reductions, "StorageWeakRef", None)
    has_parts = hasattr(base, "_cdata") and hasattr(storage, "_weak_ref")
    if not has_parts or not hasattr(weak_class, "from_weakref"):
        return None
    reference_to: Any = storage._weak_ref  # type: ignore[union-attr]  # noqa: SLF001

    def weak(item: Any) -> Any:
        return weak_class.from_weakref(reference_to(item))  # type: ignore[union-attr]

    # Of the base: a person's subclass may have attributes of the same names.
    return StorageAccess(
        base._cdata.__get__,  # noqa: SLF001
        base.device.__get__,
        storage.nbytes,  # type: ignore[union-attr]
        weak,
    )


def data_address(torch: Any) -> Callable[[Any], int] | None:
    """Return what tells where a tensor's storage begins, without touching a lazy copy."""
    found: Callable[[Any], int] | None = _inner(torch, "_data_address")
    return found


def use_count(torch: Any) -> Callable[[Any], int] | None:
    """Return what counts the references to a tensor itself, those of C++ code included."""
    found: Callable[[Any], int] | None = getattr(torch.Tensor, "_use_count", None)
    return found


def function_base(torch: Any) -> Any | None:
    """Return the base of autograd nodes that are written in Python."""
    return _inner(torch, "_FunctionBase")


def raw_saved_by(function: Any, base: Any) -> Any:
    """Return what a node that is written in Python saved; ``base`` is :func:`function_base`."""
    return base._raw_saved_tensors.__get__(function)  # noqa: SLF001


def hooks_of(torch: Any, tensor: Any) -> Any | None:
    """Return the table of a tensor's hooks, to which its node refers, too; None without."""
    try:
        return torch.Tensor._backward_hooks.__get__(tensor)  # noqa: SLF001
    except Exception:
        return None


def base_of_view(torch: Any, tensor: Any) -> Any | None:
    """Return the tensor of which another is a view; None if it is none."""
    base = getattr(torch.Tensor, "_base", None)
    return None if base is None else base.__get__(tensor)


def sparse_parts(torch: Any, tensor: Any) -> list[Callable[[Any], Any]]:
    """Return what reads the parts that hold a sparse tensor's memory; none for other tensors.

    Each layout has parts of its own, and what reads those of another raises.
    """
    keys_of = _inner(torch, "_dispatch_keys")
    # Not its layout, which a class may compute in Python.
    if keys_of is None or "Sparse" not in str(keys_of(tensor)):
        return []
    readers = [getattr(torch.Tensor, name, None) for name in _SPARSE_PARTS]
    return [reader for reader in readers if reader is not None]


def guards(torch: Any) -> list[Any]:
    """Return the contexts in which torch calls no code of a tensor's class or of a mode."""
    found = [_inner(torch, name) for name in _GUARDS]
    return [guard for guard in found if guard is not None]


def has_context(torch: Any, index: int) -> bool:
    """Whether this process has used a CUDA device; False where that can't be told."""
    ask = _inner(torch, "_cuda_hasPrimaryContext")
    return ask is not None and bool(ask(index))


def is_xpu_compiled(torch: Any) -> bool:
    """Whether a build of torch has code for Intel's GPUs."""
    ask = getattr(getattr(torch, "xpu", None), "_is_compiled", None)
    return ask is not None and bool(ask())


def default_workspace_sizes(capability: tuple[int, ...] | None) -> set[int]:
    """Return the sizes, in bytes, that PyTorch gives to workspaces of cuBLAS by itself.

    Args:
        capability: the device's compute capability; None where it is not known.
    """
    if capability is None or capability > _HOPPER:
        # Versions of PyTorch differ in what they give to newer ones.
        return {_HOPPER_BYTES, _OTHER_BYTES, _LT_BYTES}
    return {_HOPPER_BYTES if capability == _HOPPER else _OTHER_BYTES, _LT_BYTES}


def probe(torch: Any) -> list[str]:
    """Return what this torch lacks, as keys; looks at what it defines, and calls none of it."""
    base = function_base(torch)
    tensor: Any = getattr(torch, "Tensor", None)
    cuda = getattr(torch, "cuda", None)
    found = {
        "storages": storage_access(torch) is not None,
        "addresses": data_address(torch) is not None,
        "use-counts": hasattr(tensor, "_use_count"),
        "graphs": hasattr(base, "_raw_saved_tensors") and hasattr(tensor, "_base"),
        "sparse": _inner(torch, "_dispatch_keys") is not None,
        "class-code": all(_inner(torch, name) is not None for name in (_GUARDS[0], _GUARDS[-1])),
        "counters": hasattr(cuda, "memory_stats_as_nested_dict"),
        "blocks": hasattr(cuda, "memory_snapshot"),
    }
    lacking = [key for key, is_there in found.items() if not is_there]
    is_cuda = bool(getattr(getattr(torch, "version", None), "cuda", None))
    if is_cuda and _inner(torch, "_cuda_hasPrimaryContext") is None:
        lacking.append("free-memory")
    return lacking


def _inner(torch: Any, name: str) -> Any:
    return getattr(getattr(torch, "_C", None), name, None)
