"""Which device storages an object reaches."""

from __future__ import annotations

import gc
import sys
import time
import types
from collections import deque
from itertools import compress, filterfalse, islice, repeat
from operator import is_, lt, not_
from typing import TYPE_CHECKING, Any

from jupyterlab_vram.classes import attributes_of_class, bases_of, module_of, share
from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.devices.tensors import Storages, tensor_reader
from jupyterlab_vram.host.current import CLASS_PREFIXES, is_record_class
from jupyterlab_vram.roots.frames import frame_values

from .autograd import GraphReader

if TYPE_CHECKING:
    from collections.abc import Collection

#: Items of one container that a bounded walk looks at, at most.
MAX_ITEMS = 20_000
#: Objects that a walk looks at between two looks at its clock.
_BATCH = 1024

#: What `sys.getrefcount` says of an item of a list, where one more object refers to it.
_REFERENCES_OF_SINGLE = next(map(sys.getrefcount, [[]])) + 1

_CLOSED_TYPES = (
    type,
    types.ModuleType,
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


class Walker:
    """Finds the device storages that objects reach, within one allowance of time.

    A walk asks the garbage collector what objects refer to, so it runs no code
    of the person's. It does not enter modules, classes, functions' globals, the
    machinery of the host, or the person's namespace.
    """

    def __init__(
        self,
        namespace: dict[str, Any],
        seconds: float,
        *,
        graphs: bool = False,
        max_items: int | None = MAX_ITEMS,
        records: bool = False,
    ) -> None:
        """Start the clock.

        Args:
            namespace: the person's namespace, should something refer to it whole.
            seconds: what all walks together may take; they hold the interpreter's lock.
            graphs: whether to follow autograd graphs, where tensors have no Python object.
            max_items: of a longer container only both ends are looked at; None: no bound.
            records: whether to keep the objects that a walk comes to.
        """
        self.reader = tensor_reader()
        self._graphs = GraphReader() if graphs else None
        self._max_items = max_items
        self._deadline_s = time.monotonic() + seconds
        self._kinds: dict[int, Any] = {}
        #: Classes whose objects need no closer look.
        self._plain_types: set[int] = set()
        self._special_types = {id(types.FunctionType): "function", id(types.FrameType): "frame"}
        #: Classes of what may hold objects although the garbage collector does not track it:
        #: arrays, and dictionaries and tuples of nothing else that it tracks.
        self._untracked_types: set[int] = set()
        array_type: Any = getattr(sys.modules.get("numpy"), "ndarray", None)
        if array_type is not None:
            self._special_types[id(array_type)] = "array"
            self._untracked_types.update(map(id, (array_type, dict, tuple)))
        #: What walks do not enter, by address: holders of their own, what earlier walks
        #: proved to reach nothing, and last what this one met. Keeps it, so that identities hold.
        self._seen: dict[int, Any] = {}
        #: The objects that the latest walk came to, where they are wanted.
        self.objects: list[Any] = []
        self._records = records
        #: Identities of the tensors that walks came to.
        self.tensors: set[int] = set()
        #: Private pools of the CUDA graphs that the latest walk came to.
        self.pools: set[tuple[int, int]] = set()
        #: Autograd nodes that the latest walk came to, by identity.
        self.nodes: dict[int, Any] = {}
        #: Whether no walk had to give up so far.
        self.is_complete = True
        self.stop_at([namespace])

    @property
    def is_late(self) -> bool:
        """Whether the allowance is used up."""
        return time.monotonic() > self._deadline_s

    def allow(self, seconds: float) -> None:
        """Give walks so much time from now on, whatever they had before."""
        self._deadline_s = time.monotonic() + seconds

    def stop_at(self, objects: Collection[Any]) -> None:
        """Do not enter ``objects``, which are holders of their own."""
        self._unseen(objects)

    def storages(self, *roots: Any) -> Storages:
        """Return the storages that ``roots`` reach together."""
        found: Storages = {}
        self.pools, self.nodes = set(), {}
        if self.reader is not None:
            with without_user_code():
                self._walk(roots, found, is_probe=False)
        return found

    def _walk(self, roots: Collection[Any], found: Storages, *, is_probe: bool) -> None:
        """Add to ``found`` what ``roots`` reach; a probe ends with the first."""
        before = len(self._seen)
        self.objects = []
        todo = self._unseen(roots)
        is_over = False
        while todo and not is_over and not self.is_late:
            # The latest first: their memory is still in the processor's cache.
            batch = todo[-_BATCH:]
            self.objects += batch if self._records else ()
            plain, more = self._sift(batch, found)
            del todo[-_BATCH:]
            # In C as far as it goes: this is where a walk over a large heap spends its time.
            items = gc.get_referents(*plain)
            if self._untracked_types:
                more += self._untracked_ones(items)
            items = list(filter(gc.is_tracked, items))
            are_shared = _are_shared(items)
            if any(are_shared):
                more += compress(items, are_shared)
                items = list(compress(items, map(not_, are_shared)))
            todo += items
            todo += self._unseen(more)
            is_over = is_probe and bool(found or self.pools)
        if todo and not is_over:
            self.is_complete = False
        if todo or found or self.pools:
            self._forget(before)

    def reaches_any(self, roots: list[Any]) -> bool:
        """Whether ``roots`` together reach anything; what reaches nothing is not entered again."""
        found: Storages = {}
        self.pools, self.nodes = set(), {}
        with without_user_code():
            self._walk(roots, found, is_probe=True)
        return bool(found or self.pools)

    def _unseen(self, objects: Collection[Any]) -> list[Any]:
        """Note ``objects`` as seen; returns those that were not, each once."""
        seen = self._seen
        before = len(seen)
        # Made from the address, as `id` is, but spread over a table: addresses collide there.
        seen.update(zip(map(object.__hash__, objects), objects))
        return list(islice(reversed(seen.values()), len(seen) - before))

    def _forget(self, before: int) -> None:
        """Leave only the ``before`` objects that were seen first."""
        rest = len(self._seen) - before
        if rest > before:
            self._seen = dict(islice(self._seen.items(), before))
        else:
            for _ in range(rest):
                self._seen.popitem()

    def _untracked_ones(self, items: list[Any]) -> list[Any]:
        """Return what may hold objects of those that the garbage collector does not track."""
        rest = list(filterfalse(gc.is_tracked, items))
        classes = list(map(id, map(type, rest)))
        if self._untracked_types.isdisjoint(classes):
            return []
        return list(compress(rest, map(self._untracked_types.__contains__, classes)))

    def _sift(self, batch: list[Any], found: Storages) -> tuple[list[Any], list[Any]]:
        """Return what the garbage collector may be asked about, and what else is reached."""
        # Often all are of one class; the test of several costs twice as much.
        cls = type(batch[0])
        if id(cls) in self._plain_types and _are_all(cls, batch):
            return batch, []
        if self._plain_types.issuperset(map(id, map(type, batch))):
            return batch, []
        plain: list[Any] = []
        more: list[Any] = []
        for item in batch:
            kind = self._kinds.get(id(type(item))) or self._kind_of(type(item))
            if kind == "plain":
                plain.append(item)
            elif kind == "tensor":
                plain.append(item)
                more += self._tensor(item, found)
            elif not isinstance(kind, str):
                _take_container(item, kind, self._max_items or sys.maxsize, plain, more)
            elif kind != "closed":
                more += self._special(kind, item, found)
        return plain, more

    def _tensor(self, item: Any, found: Storages) -> list[Any]:
        reader: Any = self.reader
        more: list[Any] = reader.add(item, found)
        self.tensors.add(id(item))
        if self._graphs is not None:
            node = reader.graph_of(item)
            if node is not None:
                more += self._graphs.kept(node, self.nodes)
        return more

    def _special(self, kind: str, item: Any, found: Storages) -> list[Any]:
        if kind == "function":
            return [item.__closure__, item.__defaults__, item.__kwdefaults__, item.__dict__]
        if kind == "frame":
            return frame_values(item)
        if kind == "array":
            return list(item.flat) if item.dtype.hasobject else []
        if kind == "node" and self._graphs is not None:
            return self._graphs.kept(item, self.nodes)
        if kind == "storage" and self.reader is not None:
            self.reader.add_storage(item, found)
        if kind == "cuda graph" and self.reader is not None:
            pool = self.reader.pool_of(item)
            self.pools |= set() if pool is None else {pool}
        return []

    def _kind_of(self, cls: type) -> Any:
        """Return how to treat objects of ``cls``: a word, or the container that it is."""
        kind = self._new_kind(cls, bases_of(cls))
        self._kinds[id(cls)] = kind
        if kind == "plain":
            self._plain_types.add(id(cls))
        return kind

    def _new_kind(self, cls: type, bases: tuple[type, ...]) -> Any:
        reader: Any = self.reader
        word = reader.kind_of_class(bases) or self._special_types.get(id(cls))
        if word is not None:
            return word
        if share(bases, _CLOSED_TYPES) or is_machinery(cls) or _is_event_loop(bases):
            return "closed"
        if self._max_items is None:
            return "node" if is_node(bases) else "plain"
        containers = [base for base in _CONTAINER_TYPES if share(bases, (base,))]
        return containers[0] if containers else "plain"


def _are_shared(items: list[Any]) -> list[bool]:
    """Tell which of a walk's items others than the list and one object refer to.

    The rest a walk comes to only once, from there: it need not remember them,
    which takes longer than all else that it does for an object.
    """
    return list(map(lt, repeat(_REFERENCES_OF_SINGLE), map(sys.getrefcount, items)))


def _are_all(cls: type, items: list[Any]) -> bool:
    """Whether each of ``items`` is of ``cls`` itself; identities, since a metaclass may compare."""
    return all(map(is_, map(type, items), repeat(cls)))


def is_machinery(cls: type) -> bool:
    """Whether objects of ``cls`` run cells; what they hold are holders of their own."""
    return module_of(cls).startswith(CLASS_PREFIXES) and not is_record_class(cls)


def _is_event_loop(bases: tuple[type, ...]) -> bool:
    """Whether a class is one of event loops, which lead to all tasks of everybody."""
    loop: Any = getattr(sys.modules.get("asyncio"), "AbstractEventLoop", None)
    return loop is not None and share(bases, (loop,))


def is_node(bases: tuple[type, ...]) -> bool:
    """Whether a class is one of autograd's, which its instances' attributes tell only by name."""
    return any("next_functions" in attributes_of_class(base) for base in bases[:3])


def _take_container(
    item: Any, base: Any, max_items: int, plain: list[Any], more: list[Any]
) -> None:
    # As the base sees it: a subclass may count and iterate in its own way.
    length = base.__len__(item)
    if length > max_items:
        more += _some_items(base, item)
    elif length or type(item) is not base:
        plain.append(item)


def _some_items(base: Any, container: Any) -> list[Any]:
    """Both ends of a long container: models are rarely in the middle of a data set."""
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
