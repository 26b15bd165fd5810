"""Who has how much: what each root reaches, against what is allocated."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from .result import DeviceShare, Holder, Totals

if TYPE_CHECKING:
    from collections.abc import Container, Iterable

    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.devices.blocks import Memory
    from jupyterlab_vram.devices.tensors import Storage, Storages
    from jupyterlab_vram.roots.root import Root

_MAX_ALSO = 8


class Unit(NamedTuple):
    """One piece of allocated memory: a block of the allocator's, or a storage."""

    device: str
    key: int


class Reach(NamedTuple):
    """One root that reaches device memory, and what it reaches."""

    root: Root
    storages: Storages
    #: Private pools of the CUDA graphs that it reaches.
    pools: frozenset[tuple[int, int]]
    #: Autograd nodes that it reaches, by identity.
    nodes: dict[int, Any]
    #: Whether it reaches most only through an autograd graph.
    by_graph: bool
    #: All objects on the way, once each.
    objects: list[Any]


class Attribution:
    """What every root of one search holds of what is allocated."""

    def __init__(self, reaches: list[Reach], memory: Memory) -> None:
        """Weigh what ``reaches`` found."""
        self.reaches = reaches
        self.memory = memory
        #: Bytes of each unit that some root reaches.
        self.bytes: dict[Unit, int] = {}
        #: Of one place: what else holds it, though no root leads there.
        self._held_elsewhere: dict[int, set[Unit]] = {}
        self._unchecked: set[int] = set()
        self._units = [self._weigh(reach.storages) for reach in reaches]
        self._owners: dict[Unit, list[int]] = {}
        for place, units in enumerate(self._units):
            for unit in units:
                self._owners.setdefault(unit, []).append(place)

    def units(self, place: int) -> set[Unit]:
        """Return what the root at ``place`` reaches."""
        return self._units[place]

    def alone(self, place: int) -> Storages:
        """Return the storages that only the root at ``place`` reaches."""
        storages = self.reaches[place].storages
        units = {key: self._unit(key, each) for key, each in storages.items()}
        return {key: storages[key] for key, unit in units.items() if self._is_alone(place, unit)}

    def alone_of(self, places: set[int]) -> Storages:
        """Return the storages that only the roots at ``places`` reach, together."""
        gone = self.freed_by(places)
        found = {
            key: each for place in places for key, each in self.reaches[place].storages.items()
        }
        return {key: each for key, each in found.items() if self._unit(key, each) in gone}

    def units_of(self, storages: Storages) -> set[Unit]:
        """Return the pieces of memory of some storages."""
        return self._weigh(storages)

    def doubt(self, place: int, storages: Storages) -> None:
        """Note that something without a root holds some storages, too."""
        self._held_elsewhere.setdefault(place, set()).update(self._weigh(storages))

    def leave_unchecked(self, places: Iterable[int]) -> None:
        """Note that it was not checked whether something else holds what these hold alone."""
        self._unchecked.update(places)

    def _promise(self, place: int) -> wire.HolderPromise:
        if self._held_elsewhere.get(place):
            return "shared"
        return "unchecked" if place in self._unchecked else "checked"

    def _is_alone(self, place: int, unit: Unit) -> bool:
        return self._owners.get(unit) == [place]

    def weigh(self, storages: Storages) -> int:
        """Return the bytes of some storages together."""
        return sum(self.bytes[unit] for unit in self._weigh(storages))

    def holder(self, place: int) -> Holder:
        """Say what the root at ``place`` holds; its path and parts are left open."""
        root, storages, _, _, by_graph, _ = self.reaches[place]
        elsewhere = self._held_elsewhere.get(place, set())
        shares: dict[str, DeviceShare] = {}
        also: Counter[int] = Counter()
        for unit in self._units[place]:
            share = shares.setdefault(unit.device, DeviceShare(unit.device))
            owners = self._owners[unit]
            if len(owners) == 1 and unit not in elsewhere:
                share.bytes += self.bytes[unit]
            else:
                share.shared_bytes += self.bytes[unit]
                also.update({other: self.bytes[unit] for other in owners if other != place})
        devices = sorted(shares.values(), key=lambda each: each.bytes + each.shared_bytes)[::-1]
        names = [self.reaches[other].root.name for other, _ in also.most_common(_MAX_ALSO)]
        return Holder(
            name=root.name,
            kind="autograd graph" if by_graph else root.kind,
            path=root.name,
            bytes=sum(each.bytes for each in devices),
            shared_bytes=sum(each.shared_bytes for each in devices),
            also_held_by=list(dict.fromkeys(names)),
            tensor_count=len(storages),
            device=devices[0].id if devices else "",
            devices=devices,
            release=root.release,
            promise=self._promise(place),
            note=root.note,
        )

    def covered(self, places: Iterable[int]) -> set[Unit]:
        """Return what the roots at ``places`` reach together."""
        return set().union(*(self._units[place] for place in places))

    def freed_by(self, places: Iterable[int]) -> set[Unit]:
        """Return what nothing holds any more once all the roots at ``places`` are released."""
        chosen = set(places)
        return {unit for unit in self.covered(chosen) if chosen.issuperset(self._owners[unit])}

    def names_of(self, units: Iterable[Unit], besides: Container[int]) -> list[str]:
        """Name the roots that hold some units, except those at ``besides``; the largest first."""
        weights: Counter[int] = Counter()
        for unit in units:
            others = [place for place in self._owners[unit] if place not in besides]
            weights.update(dict.fromkeys(others, self.bytes[unit]))
        names = [self.reaches[place].root.name for place, _ in weights.most_common()]
        return list(dict.fromkeys(names))

    def totals(self, rest: list[Holder]) -> list[Totals]:
        """Sum up each device; ``rest`` is what no root reaches."""
        return [
            Totals(
                device,
                allocated,
                self.named_bytes(device),
                sum(each.bytes for each in rest if each.device == device and is_unknown(each)),
            )
            for device, allocated in self.memory.allocated_bytes.items()
        ]

    def left_bytes(self, device: str) -> int:
        """Return what is allocated and no root reaches."""
        return max(0, self.memory.allocated_bytes.get(device, 0) - self.named_bytes(device))

    def named_bytes(self, device: str) -> int:
        """Return what roots reach on one device, each byte once."""
        return sum(count for unit, count in self.bytes.items() if unit.device == device)

    def unreached(self, storages: Storages) -> dict[Unit, int]:
        """Return the pieces of memory of some storages that no root reaches, in bytes."""
        units = {self._unit(key, storage): storage for key, storage in storages.items()}
        return {
            unit: self.memory.taken_bytes(storage)
            for unit, storage in units.items()
            if unit not in self.bytes
        }

    def _weigh(self, storages: Storages) -> set[Unit]:
        found = set()
        for key, storage in storages.items():
            unit = self._unit(key, storage)
            if unit not in self.bytes:
                self.bytes[unit] = self.memory.taken_bytes(storage)
            if self.bytes[unit]:
                found.add(unit)
        return found

    def _unit(self, key: int, storage: Storage) -> Unit:
        block = self.memory.block_of(storage)
        # A storage that is no block of the allocator's has a number of its own kind.
        return Unit(storage.device, -1 - key if block is None else block)


def is_unknown(holder: Holder) -> bool:
    """Whether it is not known what it is."""
    return holder.kind == "unattributed"
