"""The search for holders: what each root reaches, and who holds what no root reaches."""

from __future__ import annotations

import gc
import time
from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyterlab_vram.devices.blocks import Memory
from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.devices.practice import DEVICE_ID
from jupyterlab_vram.devices.tensors import is_tensor
from jupyterlab_vram.roots.all_roots import every_root
from jupyterlab_vram.roots.frames import frame_values
from jupyterlab_vram.roots.root import Root
from jupyterlab_vram.roots.running import is_machinery_frame
from jupyterlab_vram.roots.tracebacks import frames_of
from jupyterlab_vram.roots.variables import Namespace

from .attribution import Attribution, Reach
from .native_roots import NAMELESS_NOTE
from .paths import children, path_to_tensor
from .refcounts import ReferenceCounts, own_references
from .referrers import nearest_roots, unnamed_roots
from .result import Holder, Holdings, Part
from .unattributed import (
    FROZEN,
    TIME_WAS_UP,
    TOO_LITTLE,
    Looked,
    pinned_bytes,
    unattributed_holders,
)
from .walker import Walker

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from jupyterlab_vram.devices.tensors import Storages

_MAX_PARTS = 12
#: Children of one holder that are weighed for its parts.
_MAX_CHILDREN = 64
_MIN_STRAY_BYTES = 1 << 20
#: Tensors that no root reaches, of which the largest are looked for: each takes its time.
_MAX_STRAYS = 5_000
#: The practice device also counts large blocks of the interpreter and of libraries.
_LEAST_LEFT = {DEVICE_ID: 16 << 20}
#: What paths and parts may take of the time.
_DETAIL_SHARE = 0.25


class Checked(NamedTuple):
    """What was found to hold what some roots hold, besides them."""

    #: With all of it that has a name.
    attribution: Attribution
    #: What something without a name holds.
    unnamed: Storages
    #: Whether it could be told.
    was_possible: bool


class Search:
    """One search, to be made and used where :func:`without_user_code` holds.

    It lives no longer than the call that made it.
    """

    def __init__(self, seconds: float) -> None:
        """Start the clock: ``seconds`` is what everything together may take."""
        self._started_s = time.monotonic()
        self._seconds = seconds
        self.namespace = Namespace()
        self._promises = ReferenceCounts(self.namespace.tables())
        self._walker = self._new_walker(seconds * (1 - _DETAIL_SHARE), graphs=True, records=True)
        self._is_complete = True
        #: Of the tensors that no root led to at first.
        self._stray_storages: Storages = {}
        self._has_looked_back = False

    def reaches(self, is_enough: Callable[[list[Reach]], bool]) -> list[Reach]:
        """Find every root that reaches device memory.

        Looking for what no root leads to takes longer than all the rest, and is
        done only where ``is_enough`` says no to what the roots lead to.
        """
        found = self._reaches_of_roots(every_root(self.namespace))
        self._has_looked_back = not is_enough(found)
        strays = self._without_graphs(self._strays(), found) if self._has_looked_back else []
        if strays:
            ignored = {id(strays), id(found), *map(id, self.namespace.dictionaries())}
            roots, is_complete = unnamed_roots(strays, self._left_s(), ignored)
            self._is_complete &= is_complete
            # What was found so late is worth the time that is left.
            self._walker.allow(self._left_s())
            found += _without_saved([reach for root in roots for reach in self._reaches_of(root)])
        self._is_complete &= self._walker.is_complete
        return found

    @property
    def is_complete(self) -> bool:
        """Whether there was time for everything so far."""
        return self._is_complete

    def attribution(self) -> Attribution:
        """Find every root that reaches device memory, and what each holds of what is allocated."""
        memory = Memory()
        return Attribution(self.reaches(lambda found: _is_accounted_for(found, memory)), memory)

    def checked(self, attribution: Attribution, places: set[int]) -> Checked:
        """Look for what else holds what only the roots at ``places`` reach together."""
        reaches = attribution.reaches
        chosen = [reaches[place] for place in sorted(places)]
        objects = list({id(each): each for reach in chosen for each in reach.objects}.values())
        root = Root("", "variable", [], is_in_table=all(reach.root.is_in_table for reach in chosen))
        union = Reach(root, {}, frozenset(), {}, by_graph=False, objects=objects)
        alone = attribution.alone_of(places)
        found = self._held_from_outside(union, own_references([*reaches, union]), alone)
        if not found:
            return Checked(attribution, {}, was_possible=found is not None)
        second = self._reaches_of_second_roots([each for each, _ in found], [*reaches, union])
        named: set[int] = set().union(*(each.storages.keys() for each in second))
        held: set[int] = set().union(*(keys for _, keys in found))
        unnamed = {key: alone[key] for key in held - named}
        return Checked(
            Attribution([*reaches, *second], attribution.memory), unnamed, was_possible=True
        )

    def pools(self, attribution: Attribution) -> list[Holder]:
        """Return the private pools of CUDA graphs, with the names of the roots that keep them."""
        rest = unattributed_holders(attribution, Looked(self._stray_storages, self._doubt()))
        return [each for each in rest if each.kind == "cuda graph pool"]

    def holdings(self, min_bytes: int) -> Holdings:
        """Find all holders, and hold them against what is allocated."""
        if self._walker.reader is None:
            return Holdings([], [], is_complete=True, seconds=0.0)
        attribution = self._checked(self.attribution(), min_bytes)
        looked = Looked(self._stray_storages, self._doubt())
        found = [(place, attribution.holder(place)) for place in range(len(attribution.reaches))]
        found.sort(key=lambda each: each[1].bytes + each[1].shared_bytes, reverse=True)
        listed = [each for each in found if each[1].bytes + each[1].shared_bytes >= min_bytes]
        for place, holder in listed:
            self._describe(place, holder, attribution)
        listed_places = [place for place, _ in listed]
        small = _smaller(attribution, listed_places, [place for place, _ in found[len(listed) :]])
        rest = unattributed_holders(attribution, looked)
        holders = [*(holder for _, holder in listed), *small, *rest]
        took_s = time.monotonic() - self._started_s
        return Holdings(holders, attribution.totals(rest), self._is_complete, took_s)

    def _checked(self, attribution: Attribution, min_bytes: int) -> Attribution:
        """Look for what else holds what only one root reaches, and give it a name if it has one."""
        reaches = attribution.reaches
        doubts: dict[int, Storages] = {}
        culprits: dict[int, Any] = {}
        unchecked: set[int] = set()
        ours = own_references(reaches)
        for place, reach in enumerate(reaches):
            alone = attribution.alone(place)
            if _nbytes(alone) < min_bytes or reach.root.kind == "cycle":
                continue
            found = self._held_from_outside(reach, ours, alone)
            if found is None:
                unchecked.add(place)
            elif found:
                doubts[place] = {key: alone[key] for _, keys in found for key in keys}
                culprits.update({id(each): each for each, _ in found})
        second: list[Reach] = []
        if culprits:
            second = self._reaches_of_second_roots(list(culprits.values()), reaches)
            attribution = Attribution([*reaches, *second], attribution.memory)
        named: set[int] = set().union(*(each.storages.keys() for each in second))
        for place, storages in doubts.items():
            attribution.doubt(place, {key: storages[key] for key in storages.keys() - named})
        attribution.leave_unchecked(unchecked)
        return attribution

    def _held_from_outside(
        self, reach: Reach, ours: Counter[int], alone: Storages
    ) -> list[tuple[Any, set[int]]] | None:
        """Return objects that something unknown holds, too, and which of ``alone`` they reach."""
        reader = self._walker.reader
        if reader is None or not self._left_s():
            return None
        outside = self._promises.held_from_outside(reach, ours, reader)
        if not outside:
            return outside if outside is None else []
        walker = self._new_walker(self._left_s() * _DETAIL_SHARE, graphs=True)
        if walker.storages(*outside).keys().isdisjoint(alone):
            return [] if walker.is_complete else None
        found = [(each, walker.storages(each).keys() & alone.keys()) for each in outside]
        return [(each, keys) for each, keys in found if keys]

    def _reaches_of_second_roots(self, held: list[Any], reaches: list[Reach]) -> list[Reach]:
        """Name the nearest that lead to some objects, besides the roots that are known."""
        ignored = {id(held), id(reaches), *map(id, self.namespace.dictionaries())}
        ignored |= {id(each.objects) for each in reaches}
        roots = nearest_roots(held, self._left_s(), ignored)
        self._walker.allow(self._left_s())
        return [reach for root in roots for reach in self._reaches_of(root)]

    def _doubt(self) -> str | None:
        """Why something that leads to device memory may have been missed."""
        if not self._is_complete:
            return TIME_WAS_UP
        if not self._has_looked_back:
            return TOO_LITTLE
        return FROZEN if gc.get_freeze_count() else None

    def _new_walker(self, seconds: float, *, graphs: bool, records: bool = False) -> Walker:
        names = self.namespace.names
        walker = Walker(names, seconds, graphs=graphs, max_items=None, records=records)
        walker.stop_at(self.namespace.dictionaries())
        return walker

    def _left_s(self) -> float:
        return max(0.0, self._started_s + self._seconds - time.monotonic())

    def _reaches_of_roots(self, roots: list[Root]) -> list[Reach]:
        """Walk from all roots in their order; what a person knows best comes first then."""
        found: list[Reach] = []
        for root in roots:
            if self._walker.is_late:
                self._is_complete = False
                break
            found += self._reaches_of(root)
        return sorted(found, key=lambda reach: reach.root.kind != "variable")

    def _reaches_of(self, root: Root) -> list[Reach]:
        walker = self._walker
        if root.expand is not None:
            inner = root.expand() if walker.reaches_any(root.objects()) else []
            return [reach for each in inner for reach in self._reaches_of(each)]
        storages = walker.storages(*root.objects())
        pools, nodes, objects = frozenset(walker.pools), walker.nodes, walker.objects
        if not storages and not pools:
            return []
        if root.kind == "traceback":
            root = replace(root, name=self._name_of_traceback(root))
        by_graph = bool(nodes) and root.kind == "variable" and self._is_by_graph(root, storages)
        return [Reach(root, storages, pools, nodes, by_graph, objects)]

    def _name_of_traceback(self, root: Root) -> str:
        """Name the function whose local variables hold most of it."""
        sizes: dict[str, int] = {}
        for frame in frames_of(root.objects()):
            if is_machinery_frame(frame):
                continue
            count = _nbytes(self._walker.storages(*frame_values(frame)))
            name = frame.f_code.co_name
            sizes[name] = max(sizes.get(name, 0), count)
        name = max(sizes, key=lambda each: sizes[each], default="")
        return f"{name}() in {root.name}" if sizes.get(name) else root.name

    def _is_by_graph(self, root: Root, storages: Storages) -> bool:
        """Whether a root reaches most of its bytes only through an autograd graph."""
        walker = self._new_walker(self._left_s() * _DETAIL_SHARE, graphs=False)
        direct = walker.storages(*root.objects())
        return _nbytes(direct) * 2 < _nbytes(storages)

    def _strays(self) -> list[Any]:
        """Return the tensors on a device that no root led to."""
        reader = self._walker.reader
        if reader is None:
            return []
        objects = gc.get_objects()
        is_tensor = map(reader.classes().__contains__, map(id, map(type, objects)))
        known = self._walker.tensors
        found = [each for each in compress(objects, is_tensor) if id(each) not in known]
        found.sort(key=reader.size, reverse=True)
        strays: list[Any] = []
        for each in found:
            if len(strays) >= _MAX_STRAYS or not self._left_s():
                self._is_complete = False
                break
            own: Storages = {}
            reader.add(each, own)
            if own:
                strays.append(each)
                self._stray_storages.update(own)
        # Looking for their holders takes long, and they are too small to matter.
        return strays if _nbytes(self._stray_storages) >= _MIN_STRAY_BYTES else []

    def _without_graphs(self, strays: list[Any], found: list[Reach]) -> list[Any]:
        """Hand strays that a graph made to the roots that hold this graph; returns the others.

        Where a graph refers to the base of a view, no node says so.
        """
        reader: Any = self._walker.reader
        rest = []
        for tensor in strays:
            node = reader.graph_of(tensor)
            owners = [] if node is None else [each for each in found if id(node) in each.nodes]
            for reach in owners:
                reader.add(tensor, reach.storages)
            if not owners:
                rest.append(tensor)
        return rest

    def _describe(self, place: int, holder: Holder, attribution: Attribution) -> None:
        """Add what is for reading only, while there is time."""
        reach = attribution.reaches[place]
        holder.pinned_bytes = pinned_bytes(attribution.units(place), attribution)
        reader = self._walker.reader
        if reader is None or not self._left_s():
            return
        wanted = reach.storages.keys()
        path = path_to_tensor(
            reach.root.values, reader, lambda tensor: not wanted.isdisjoint(reader.keys(tensor))
        )
        holder.path = path or holder.path
        holder.parts = self._parts(reach, attribution)

    def _parts(self, reach: Reach, attribution: Attribution) -> list[Part]:
        values = reach.root.values
        if reach.root.kind == "cycle":
            return []
        if len(values) == 1:
            ((path, value),) = values
            values = [(path + label, child) for label, child in children(value) if label]
        found = []
        for path, child in values[:_MAX_CHILDREN]:
            walker = self._new_walker(self._left_s(), graphs=True)
            count = attribution.weigh(walker.storages(child))
            if count:
                found.append(Part(path, count))
        found.sort(key=lambda part: part.bytes, reverse=True)
        return found[:_MAX_PARTS] if len(found) > 1 else []


def _without_saved(reaches: list[Reach]) -> list[Reach]:
    """Leave out tensors without a name that the graph behind another root saved.

    The collector sees no reference from a graph, so such a tensor seems to be held from outside.
    """
    tensors = [each for each in reaches if _is_nameless_tensor(each.root)]
    others = [each for each in reaches if not _is_nameless_tensor(each.root) and each.nodes]
    saved = [
        id(each)
        for each in tensors
        if any(each.storages.keys() <= other.storages.keys() for other in others)
    ]
    return [each for each in reaches if id(each) not in saved]


def _is_nameless_tensor(root: Root) -> bool:
    return root.note is NAMELESS_NOTE and all(map(is_tensor, root.objects()))


def _is_accounted_for(reaches: list[Reach], memory: Memory) -> bool:
    """Whether so little is unattributed that it does not matter.

    What else it may be, such as a workspace or a graph's own, is asked of what
    is left when it is known that no tensor has it.
    """
    attribution = Attribution(reaches, memory)
    return all(
        attribution.left_bytes(device) < _LEAST_LEFT.get(device, _MIN_STRAY_BYTES)
        for device in memory.allocated_bytes
    )


def _smaller(attribution: Attribution, listed: list[int], others: list[int]) -> list[Holder]:
    """One line for each device, for all holders that are too small for one of their own."""
    known = attribution.covered(listed)
    rest = attribution.covered(others) - known
    found = []
    for device in sorted({unit.device for unit in rest}):
        units = [unit for unit in rest if unit.device == device]
        count = sum(attribution.bytes[unit] for unit in units)
        name = f"{len(others)} smaller"
        found.append(Holder(name, "smaller", "", count, tensor_count=len(units), device=device))
    return found


def _nbytes(storages: Storages) -> int:
    return sum(each.nbytes for each in storages.values())


def names_holding(keys: set[int], seconds: float) -> dict[str, set[int]]:
    """Name the roots that reach some storages, and which of them; the one that reaches most first.

    Args:
        keys: of storages that a weak reference follows, see ``Storages``.
        seconds: what looking may take.
    """
    found: dict[str, set[int]] = {}

    def is_enough(reaches: list[Reach]) -> bool:
        return keys <= set().union(*(reach.storages.keys() for reach in reaches))

    with without_user_code():
        for reach in Search(seconds).reaches(is_enough):
            reached = keys & reach.storages.keys()
            if reached:
                found.setdefault(reach.root.name, set()).update(reached)
    return dict(sorted(found.items(), key=lambda each: len(each[1]), reverse=True))
