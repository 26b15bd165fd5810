"""Tensors and the device storages behind them, read without a trace.

A storage is the block of device memory behind one or more tensors. Knowing
that a storage is still alive needs no tensor: PyTorch's ``StorageWeakRef``
tells without keeping the memory, so following a leak never becomes one.

No code of a tensor's own class runs, nothing is allocated, and a tensor that
is copied lazily stays so. Every read goes to the class that torch defines, and
:mod:`.no_user_code` holds off what torch itself would call.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyterlab_vram.classes import bases_of, module_of, share, with_subclasses

from . import torch_private
from .no_user_code import without_user_code
from .readings import device_id, device_types
from .torch_access import loaded_torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .torch_private import StorageAccess


class Storage(NamedTuple):
    """One storage, known by a weak reference."""

    weak: Any
    device: str
    nbytes: int
    #: Where it begins on its device; 0 where that is not known.
    address: int = 0

    def is_alive(self) -> bool:
        """Whether anything still holds the storage."""
        return not self.weak.expired()


#: Storages by the address of their implementation, which is unique for as long
#: as there is a weak reference to it.
Storages = dict[int, Storage]


class TensorReader:
    """Reads which storages tensors keep."""

    def __init__(self, torch: Any, storages: StorageAccess) -> None:
        """Make a reader; use :func:`tensor_reader`, which knows what it needs."""
        self._torch = torch
        self._storages = storages
        self._device_types = device_types()
        self._plain = (torch.Tensor, torch.nn.Parameter)
        self._address = torch_private.data_address(torch)
        #: Counts the references to a tensor itself; None in a torch that does not tell.
        self._use_count = torch_private.use_count(torch)

    def is_tensor_class(self, bases: tuple[type, ...]) -> bool:
        """Whether a class with these bases is one of tensors."""
        return share(bases, (self._torch.Tensor,))

    def kind_of_class(self, bases: tuple[type, ...]) -> str | None:
        """Return ``tensor``, ``storage`` or ``cuda graph`` for a class with these bases."""
        torch = self._torch
        kinds = {
            "tensor": torch.Tensor,
            "storage": torch.UntypedStorage,
            "cuda graph": getattr(torch.cuda, "CUDAGraph", None),
        }
        return next((kind for kind, cls in kinds.items() if share(bases, (cls,))), None)

    def keys(self, tensor: Any) -> set[int]:
        """Return the keys of the storages of one tensor, as ``Storages`` has them."""
        found: Storages = {}
        with without_user_code():
            self.add(tensor, found)
        return set(found)

    def is_kept_by_torch(self, tensor: Any, known: int) -> bool:
        """Whether torch's own code, too, has a reference to a tensor's Python object.

        Args:
            tensor: the tensor.
            known: the references that other objects have.
        """
        # Before, torch had one only to an object that nothing in Python refers to.
        return bool(self._use_count(tensor) > 1) if self._use_count is not None else known == 0

    def may_be_kept_by_torch(self, item: Any) -> bool:
        """Whether this torch's C++ code may refer to an object, and does not tell.

        Tensors, their tables of hooks, and what a function of autograd's keeps.
        """
        if self._use_count is not None:
            return False
        bases = bases_of(type(item))
        function = torch_private.function_base(self._torch)
        return self.is_tensor_class(bases) or share(bases, (OrderedDict, function))

    def hooks_of(self, tensor: Any) -> Any | None:
        """Return the table of a tensor's hooks, to which its node refers, too; None without."""
        return torch_private.hooks_of(self._torch, tensor)

    def size(self, tensor: Any) -> int:
        """Return the bytes of one tensor's elements; 0 where a class may compute them itself."""
        try:
            is_plain = share(self._plain, (type(tensor),))
            return int(self._torch.Tensor.nbytes.__get__(tensor)) if is_plain else 0
        except Exception:
            return 0

    def classes(self) -> set[int]:
        """Return the identities of all classes of tensors."""
        return set(with_subclasses(self._torch.Tensor))

    def add(self, tensor: Any, found: Storages) -> list[Any]:
        """Add the storages of ``tensor`` to ``found``; returns tensors that it keeps besides.

        To be called where :func:`without_user_code` holds, as all that follows: so often
        that each could not see to it for itself.
        """
        try:
            storage = self._torch.Tensor.untyped_storage(tensor)
        except Exception:
            return self._parts(tensor)
        try:
            self._add_storage_of(tensor, storage, found)
            return self._kept(tensor)
        except Exception:
            return []

    def add_storage(self, storage: Any, found: Storages) -> None:
        """Add a storage that something holds without a tensor."""
        torch = self._torch
        try:
            with torch.no_grad():
                # Only a tensor tells its address without touching it; an empty one has no memory.
                device = self._storages.device(storage)
                view = torch.empty(0, dtype=torch.uint8, device=device)
                self._add_storage_of(torch.Tensor.set_(view, storage), storage, found)
        except Exception:
            return

    def graph_of(self, tensor: Any) -> Any | None:
        """Return the autograd node that made ``tensor``, or None."""
        try:
            return self._torch.Tensor.grad_fn.__get__(tensor)
        except Exception:
            return None

    def pool_of(self, graph: Any) -> tuple[int, int] | None:
        """Return the private pool of a CUDA graph, or None before it was captured."""
        try:
            return tuple(self._torch.cuda.CUDAGraph.pool(graph))
        except Exception:
            return None

    def _kept(self, tensor: Any) -> list[Any]:
        """Return the gradient of a tensor, and of a view the tensor that it was made from."""
        cls = self._torch.Tensor
        base = torch_private.base_of_view(self._torch, tensor)
        found = [] if base is None else [base]
        # Asking any other tensor for its gradient warns.
        if cls.is_leaf.__get__(tensor) or cls.retains_grad.__get__(tensor):
            gradient = cls.grad.__get__(tensor)
            found += [] if gradient is None else [gradient]
        return found

    def _parts(self, tensor: Any) -> list[Any]:
        """Return what holds the memory of a tensor without a storage: of sparse ones only.

        Others are functorch's, and opaque ones.
        """
        found: list[Any] = []
        for read in torch_private.sparse_parts(self._torch, tensor):
            # Each layout has parts of its own, and raises for the others.
            with suppress(Exception):
                found.append(read(tensor))
        return found

    def _add_storage_of(self, tensor: Any, storage: Any, found: Storages) -> None:
        key, device = self._storages.key(storage), self._storages.device(storage)
        if key in found or device.type not in self._device_types:
            return
        start = 0
        if self._address is not None:
            # Of the storage, wherever in it the tensor begins. Not `data_ptr`, which gives a
            # lazily copied tensor memory of its own.
            start = self._address(tensor)
            if not start and not share(self._plain, (type(tensor),)):
                # It only claims its size, and keeps its data in tensors of its own.
                return
        nbytes = self._storages.nbytes(storage)
        if nbytes:
            weak = self._storages.weak(storage)
            found[key] = Storage(weak, device_id(device), nbytes, start)


def tensor_reader() -> TensorReader | None:
    """Return a reader; None without torch, or with one too old to follow storages (before 2.0)."""
    torch = loaded_torch()
    storages = None if torch is None else torch_private.storage_access(torch)
    return None if storages is None else TensorReader(torch, storages)


def can_follow() -> bool:
    """Whether this torch offers what following a storage needs (torch 2.0 or newer)."""
    torch = loaded_torch()
    return torch is not None and torch_private.storage_access(torch) is not None


def alive_bytes(storages: Iterable[Storage]) -> int:
    """Sum the bytes of the storages that are still alive."""
    return sum(storage.nbytes for storage in storages if storage.is_alive())


def is_tensor(value: Any) -> bool:
    """Whether ``value`` is a tensor, without asking ``value``."""
    torch = loaded_torch()
    return torch is not None and share(bases_of(type(value)), (torch.Tensor,))


def is_optimizer(value: Any) -> bool:
    """Whether ``value`` is one of torch's optimizers or schedulers."""
    return any(module_of(base).startswith("torch.optim") for base in bases_of(type(value)))


def has_graph(value: Any) -> bool:
    """Whether ``value`` is a tensor that remembers what it was made from."""
    try:
        with without_user_code():
            torch = loaded_torch()
            return torch is not None and torch.Tensor.grad_fn.__get__(value) is not None
    except Exception:
        return False
