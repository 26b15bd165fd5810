"""Which device storages an object reaches, followed by weak references only.

A storage is the block of device memory behind one or more tensors. Knowing
that a storage is still alive needs no tensor: PyTorch's ``StorageWeakRef``
tells without keeping the memory, so following a leak never becomes one.
"""

from __future__ import annotations

import gc
import sys
import time
import types
from collections import OrderedDict, deque
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from .readings import device_id, device_types
from .torch_access import loaded_torch

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Items of one container that a walk looks at, at most.
MAX_ITEMS = 20_000
#: A walk looks at its clock after this many objects.
_OBJECTS_A_LOOK = 256

_CLOSED_TYPES = (
    type,
    types.ModuleType,
    types.FrameType,
    types.CodeType,
    str,
    bytes,
    bytearray,
    int,
    float,
    complex,
    type(None),
)
_CONTAINER_TYPES = (list, tuple, dict, set, frozenset, deque)

#: A class's bases and names as they are, whatever its metaclass would answer.
_bases_of = type.__dict__["__mro__"].__get__
_module_of = type.__dict__["__module__"].__get__


class Storage(NamedTuple):
    """One storage, known by a weak reference."""

    weak: Any
    device: str
    nbytes: int

    def is_alive(self) -> bool:
        """Whether anything still holds the storage."""
        return not self.weak.expired()


#: Storages by the address of their implementation, which is unique for as long
#: as there is a weak reference to it.
Storages = dict[int, Storage]


class Walker:
    """Finds the device storages that objects reach, within one allowance of time.

    A walk asks the garbage collector what each object refers to, so it runs no
    code of the person's. It does not enter modules, classes, frames, functions'
    globals or the person's namespace. Tensors that an autograd graph alone holds
    are not reached: they have no Python object.
    """

    def __init__(self, namespace: dict[str, Any], seconds: float) -> None:
        """Start the clock.

        Args:
            namespace: the person's namespace, should something refer to it whole.
            seconds: what all walks together may take; they hold the interpreter's lock.
        """
        self._torch: Any = loaded_torch()
        self._weak_class = _weak_reference_class()
        self._namespace = namespace
        self._device_types = device_types()
        self._deadline_s = time.monotonic() + seconds
        self._kinds: dict[int, Any] = {}
        #: Whether no walk had to give up so far.
        self.is_complete = True

    def storages(self, root: Any) -> Storages:
        """Return the storages that ``root`` reaches."""
        found: Storages = {}
        if self._torch is None or self._weak_class is None:
            return found
        kinds, seen = self._kinds, {id(self._namespace)}
        stack, steps = [root], 0
        while stack:
            steps += 1
            if steps % _OBJECTS_A_LOOK == 1 and time.monotonic() > self._deadline_s:
                self.is_complete = False
                break
            item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            kind = kinds.get(id(type(item))) or self._kind_of(type(item))
            if kind == "closed":
                continue
            if kind == "tensor":
                self._add_tensor(item, found)
            stack += [
                each
                for each in _referents(item, kind)
                # What is not tracked refers to nothing of interest; a module's many
                # empty tables of hooks are most of what a model consists of.
                if gc.is_tracked(each) and (type(each) is not OrderedDict or each)
            ]
        return found

    def _kind_of(self, cls: type) -> Any:
        """Return how to treat objects of ``cls``: a word, or the container that it is."""
        bases = _bases_of(cls)
        if _has(bases, (self._torch.Tensor,)):
            kind: Any = "tensor"
        elif _has(bases, _CLOSED_TYPES):
            kind = "closed"
        else:
            containers = [base for base in _CONTAINER_TYPES if _has(bases, (base,))]
            kind = containers[0] if containers else "object"
        self._kinds[id(cls)] = kind
        return kind

    def _add_tensor(self, tensor: Any, found: Storages) -> None:
        torch = self._torch
        try:
            with torch._C.DisableTorchFunctionSubclass():  # noqa: SLF001
                self._add_storage(tensor, found)
                if torch.Tensor.is_leaf.__get__(tensor):
                    grad = torch.Tensor.grad.__get__(tensor)
                    if grad is not None:
                        self._add_storage(grad, found)
        except Exception:
            # Tensors without a storage (sparse, functorch).
            return

    def _add_storage(self, tensor: Any, found: Storages) -> None:
        storage = self._torch.Tensor.untyped_storage(tensor)
        if storage.device.type not in self._device_types or not storage.nbytes():
            return
        if self._is_wrapper(tensor):
            return
        weak = self._weak_class(storage)
        found[storage._cdata] = Storage(weak, device_id(storage.device), storage.nbytes())  # noqa: SLF001

    def _is_wrapper(self, tensor: Any) -> bool:
        """Whether a tensor only claims its size, and keeps its data in tensors of its own."""
        torch = self._torch
        if _has((torch.Tensor, torch.nn.Parameter), (type(tensor),)):
            return False
        # Not `data_ptr`, which gives a lazily copied tensor memory of its own.
        address = getattr(torch._C, "_data_address", None)  # noqa: SLF001
        return address is not None and not address(tensor)


def can_follow() -> bool:
    """Whether this torch offers what following a storage needs (torch 2.0 or newer)."""
    return loaded_torch() is not None and _weak_reference_class() is not None


def alive_bytes(storages: Iterable[Storage]) -> int:
    """Sum the bytes of the storages that are still alive."""
    return sum(storage.nbytes for storage in storages if storage.is_alive())


def is_tensor(value: Any) -> bool:
    """Whether ``value`` is a tensor, without asking ``value``."""
    torch = loaded_torch()
    return torch is not None and _has(_bases_of(type(value)), (torch.Tensor,))


def is_optimizer(value: Any) -> bool:
    """Whether ``value`` is one of torch's optimizers or schedulers."""
    try:
        modules = [_module_of(base) for base in _bases_of(type(value))]
    except AttributeError:
        return False
    return any(type(name) is str and name.startswith("torch.optim") for name in modules)


def has_graph(value: Any) -> bool:
    """Whether ``value`` is a tensor that remembers what it was made from."""
    try:
        torch = loaded_torch()
        return torch is not None and torch.Tensor.grad_fn.__get__(value) is not None
    except Exception:
        return False


def _weak_reference_class() -> Any:
    reductions = sys.modules.get("torch.multiprocessing.reductions")
    return getattr(reductions, "StorageWeakRef", None)


def _has(classes: tuple[type, ...], wanted: tuple[type, ...]) -> bool:
    """Whether the two share a class, by identity: a metaclass may have its own equality."""
    return any(each is one for each in classes for one in wanted)


def _referents(item: Any, kind: Any) -> list[Any]:
    """As ``gc.get_referents``, without globals and what is too much."""
    if type(item) is types.FunctionType:
        return [item.__closure__, item.__defaults__, item.__kwdefaults__, item.__dict__]
    if not isinstance(kind, str):
        # As the base sees it: a subclass may count and iterate in its own way.
        length = kind.__len__(item)
        if not length or length > MAX_ITEMS:
            return _some_items(kind, item) if length else []
    return gc.get_referents(item)


def _some_items(base: Any, container: Any) -> list[Any]:
    """Both ends of a long container: nobody hides a model amid a data set."""
    half = MAX_ITEMS // 2
    try:
        if base is dict:
            values = dict.values(container)
            return [*islice(values, half), *islice(reversed(values), half)]
        found = list(islice(base.__iter__(container), half))
        if base in (list, deque):
            found += islice(base.__reversed__(container), half)
        elif base is tuple:
            found += tuple.__getitem__(container, slice(-half, None))
    except RuntimeError:
        # Another thread changed it meanwhile.
        return []
    return found
