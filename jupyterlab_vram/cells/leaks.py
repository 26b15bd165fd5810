"""Names that held device memory and were deleted or rebound: did it come back?

Before a cell runs, :class:`Watch` notes which storages the names it may remove
reach. After it ran, the storages that are still alive tell what `del` did not
free. :class:`Leaks` follows those until they are gone. Only weak references
and identities are kept.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.devices.tensors import (
    Storages,
    alive_bytes,
    can_follow,
    has_graph,
    is_optimizer,
    is_tensor,
)
from jupyterlab_vram.holders.search import names_holding
from jupyterlab_vram.holders.walker import Walker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterlab_vram import wire_types as wire

    from .names import CellNames

#: Less than this is not worth a word: scalars, small buffers.
MIN_BYTES = 1 << 20
#: Leaks followed at once; the oldest give way.
MAX_LEAKS = 32
#: Holders named for one removal.
MAX_HOLDERS = 5

#: What looking may take: before a cell that assigns names, before one that deletes
#: some, and after one that removed something.
_ASSIGNED_S = 0.05
_DELETED_S = 0.3
_AFTER_S = 0.3
#: What naming the holders may take, once it is known that memory did not come back.
_NAMING_S = 1.0


class Removal(NamedTuple):
    """One name that lost device memory in one cell."""

    name: str
    how: wire.Removal
    device: str
    held_bytes: int
    storages: Storages
    held_by: list[str]

    def to_dict(self) -> wire.RemovedName:
        """Return the removal as one entry of the wire format's ``removed``."""
        return {
            "name": self.name,
            "how": self.how,
            "device": self.device,
            "held_bytes": self.held_bytes,
            "alive_bytes": alive_bytes(self.storages.values()),
            "held_by": self.held_by,
        }


class Held:
    """What one name held before the cell ran."""

    def __init__(self, value: Any, storages: Storages) -> None:
        self.storages = storages
        self.is_tensor = is_tensor(value)
        #: Often a part, or a user, of something else that is kept: `del optimizer`
        #: is not meant to free the model.
        self.is_part = self.is_tensor or is_optimizer(value)
        self._identity = id(value)
        try:
            self._weak: weakref.ref[Any] | None = weakref.ref(value)
        except TypeError:
            self._weak = None

    def is_value(self, value: Any) -> bool:
        """Whether ``value`` is what was held; not what merely has its old address."""
        is_dead = self._weak is not None and self._weak() is None
        return id(value) == self._identity and not is_dead

    def is_alive(self) -> bool:
        """Whether any of the memory is."""
        return any(storage.is_alive() for storage in self.storages.values())


class Watch:
    """What the names that one cell may remove hold before it runs."""

    def __init__(self, names: CellNames, namespace: dict[str, Any], hidden: dict[str, Any]) -> None:
        """Look at ``namespace``, of which ``hidden`` is the host's own."""
        self._names = names
        self._namespace = namespace
        self._hidden = hidden
        self._held: dict[str, Held] = {}
        self._reached_before: dict[str, set[int]] = {}
        self._reached_after: dict[str, set[int]] = {}
        if can_follow():
            with without_user_code():
                self._look()

    def _look(self) -> None:
        names, namespace = self._names, self._namespace
        deleted = self._visible() if names.resets else names.deleted
        self._note(deleted, Walker(namespace, _DELETED_S))
        self._note(names.assigned - set(deleted), Walker(namespace, _ASSIGNED_S))
        if any(self._may_be_moved(name) for name in self._held):
            walker = Walker(namespace, _DELETED_S)
            for name in self._present(names.mentioned - self._reached_before.keys()):
                self._reached_before[name] = set(walker.storages(namespace[name]))

    def _note(self, names: Iterable[str], walker: Walker) -> None:
        for name in self._present(sorted(names)):
            value = self._namespace[name]
            storages = walker.storages(value)
            self._reached_before[name] = set(storages)
            if sum(storage.nbytes for storage in storages.values()) >= MIN_BYTES:
                self._held[name] = Held(value, storages)

    def _may_be_moved(self, name: str) -> bool:
        """Whether a cell may well delete the name because another has its object now."""
        return name in self._names.deleted and not self._held[name].is_part

    def _visible(self) -> list[str]:
        """The variables that the person knows of."""
        hidden = self._hidden
        return [
            name
            for name, value in list(self._namespace.items())
            if type(name) is str
            and not name.startswith("_")
            and not (name in hidden and hidden[name] is value)
        ]

    def _present(self, names: Iterable[str]) -> list[str]:
        return [name for name in names if name in self._namespace]

    def removals(self) -> list[Removal]:
        """Compare with the namespace after the cell ran."""
        gone = {name: held for name, held in self._held.items() if self._is_gone(name, held)}
        if not gone:
            return []
        with without_user_code():
            return self._removals(gone)

    def _removals(self, gone: dict[str, Held]) -> list[Removal]:
        walker = Walker(self._namespace, _AFTER_S)
        is_left = any(self._may_be_moved(name) and held.is_alive() for name, held in gone.items())
        moved = self._moved(walker) if is_left else set()
        found: list[Removal] = []
        for name, held in gone.items():
            kept = {key: each for key, each in held.storages.items() if key not in moved}
            for device in sorted({storage.device for storage in kept.values()}):
                group = {key: each for key, each in kept.items() if each.device == device}
                found.append(self._removal(name, held, device, group, walker))
        return _with_holders([each for each in found if each.held_bytes >= MIN_BYTES])

    def _is_gone(self, name: str, held: Held) -> bool:
        return name not in self._namespace or not held.is_value(self._namespace[name])

    def _moved(self, walker: Walker) -> set[int]:
        """Storages that a name of this cell reaches now and did not before: moved on purpose."""
        moved: set[int] = set()
        for name in self._present(self._names.mentioned):
            reached = self._reach(name, walker)
            # A name that is itself assigned here owns all it reaches.
            own = name in self._names.assigned
            moved |= reached if own else reached - self._reached_before.get(name, set())
        return moved

    def _reach(self, name: str, walker: Walker) -> set[int]:
        if name not in self._reached_after:
            self._reached_after[name] = set(walker.storages(self._namespace[name]))
        return self._reached_after[name]

    def _removal(
        self, name: str, held: Held, device: str, group: Storages, walker: Walker
    ) -> Removal:
        how: wire.Removal = "rebound" if name in self._namespace else "deleted"
        alive = {key for key, storage in group.items() if storage.is_alive()}
        is_sure = walker.is_complete
        holders = self._holders(alive, walker)
        kept: set[int] = set()
        if how == "rebound" or held.is_part:
            # Another variable still has it: kept on purpose.
            kept, holders, is_sure = kept.union(*holders.values()), {}, walker.is_complete
        if how == "rebound" and held.is_tensor and has_graph(self._namespace[name]):
            # `x = layer(x)`: the new value may need the old one for its gradient.
            is_sure = False
        if not is_sure:
            kept = alive
        group = {key: each for key, each in group.items() if key not in kept}
        held_bytes = sum(storage.nbytes for storage in group.values())
        return Removal(name, how, device, held_bytes, group, list(holders)[:MAX_HOLDERS])

    def _holders(self, alive: set[int], walker: Walker) -> dict[str, set[int]]:
        """Which visible variables reach which of the storages that are ``alive``."""
        if not alive:
            return {}
        reached = {name: alive & self._reach(name, walker) for name in self._visible()}
        return {name: keys for name, keys in reached.items() if keys}


def _with_holders(removals: list[Removal]) -> list[Removal]:
    """Name the holders of what did not come back: variables, outputs, tracebacks, graphs."""
    left = [
        {key for key, each in removal.storages.items() if each.is_alive()} for removal in removals
    ]
    if not any(left):
        return removals
    names = names_holding(set().union(*left), _NAMING_S)
    found = []
    for removal, keys in zip(removals, left):
        found_names = [name for name, reached in names.items() if reached & keys]
        held_by = dict.fromkeys([*removal.held_by, *found_names])
        found.append(removal._replace(held_by=list(held_by)[:MAX_HOLDERS]))
    return found


class Leak(NamedTuple):
    """A removal whose memory was still alive when last looked at."""

    id: int
    run: int
    execution_count: int | None
    removal: Removal

    def to_dict(self) -> wire.Leak:
        """Return the leak as the wire format's ``Leak``."""
        return {
            **self.removal.to_dict(),
            "id": self.id,
            "run": self.run,
            "execution_count": self.execution_count,
        }


class Leaks:
    """The leaks of this kernel, followed until their memory is back."""

    def __init__(self) -> None:
        self._leaks: list[Leak] = []
        self._next_id = 1

    def add(self, removal: Removal, run: int, execution_count: int | None) -> None:
        """Follow a removal that left memory behind; others are of no interest."""
        if alive_bytes(removal.storages.values()) < MIN_BYTES:
            return
        self._leaks.append(Leak(self._next_id, run, execution_count, removal))
        self._next_id += 1
        del self._leaks[:-MAX_LEAKS]

    def to_list(self) -> list[wire.Leak]:
        """Drop what has come back and return the rest, oldest first."""
        self._leaks = [
            leak for leak in self._leaks if alive_bytes(leak.removal.storages.values()) >= MIN_BYTES
        ]
        return [leak.to_dict() for leak in self._leaks]
