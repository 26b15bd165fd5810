"""What releasing some holders would do at this moment, and a release that does just that.

A person is shown a preview and decides. The release then looks again, and does
nothing where something else would happen by now.
"""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from jupyterlab_vram.devices.no_user_code import without_user_code
from jupyterlab_vram.errors import RefusedError
from jupyterlab_vram.units import format_bytes

from .release import GROUPS, SEARCH_S
from .search import Search

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.devices.tensors import Storages
    from jupyterlab_vram.roots.root import Root

    from .attribution import Attribution, Reach, Unit
    from .result import Holder

#: Previews that are kept for a release; each viewer looks at one at a time.
_MAX_KEPT = 16
#: A smaller change of what comes back is none: small blocks come and go.
_TOLERANCE_BYTES = 1 << 20
_MAX_KEPT_BY = 8
#: Kinds of holders that are one object under one name.
_NAMED_KINDS = ("variable", "output", "display", "module")
#: Releasing collects garbage, so it frees whatever only this line is missing for.
_COLLECT_LINE = "import gc; gc.collect()"
_NOTHING_DONE = "Nothing was released."
_UNKNOWN = (
    "The kernel does not know what was shown: it has restarted, or was asked too often since. "
    + _NOTHING_DONE
)


@dataclass
class _Freed:
    """What one device gets back, in bytes."""

    id: str
    #: Of what the chosen holders reach, nothing else holds this.
    frees_bytes: int = 0
    #: Of what the chosen holders reach, others hold this.
    stays_bytes: int = 0
    #: Garbage, which is collected along.
    collected_bytes: int = 0


@dataclass(frozen=True)
class _Shown:
    """What a preview promised; keeps no object and no memory alive."""

    wanted: tuple[str, ...]
    groups: tuple[str, ...]
    names: tuple[str, ...]
    #: By place: which objects and which storages, the latter known by weak references.
    objects: tuple[tuple[int, ...], ...]
    storages: tuple[Storages, ...]
    frees_bytes: dict[str, int]


_kept: OrderedDict[str, _Shown] = OrderedDict()


class _Choice:
    """The chosen holders among all that hold device memory now."""

    def __init__(self, wanted: Iterable[str], groups: Iterable[str]) -> None:
        """Find everything that holds memory; it lives no longer than one request."""
        self.wanted = tuple(dict.fromkeys(wanted))
        self.groups = tuple(dict.fromkeys(groups))
        kinds = {kind for group in self.groups for kind in GROUPS[group]}
        search = Search(SEARCH_S)
        self._attribution: Attribution = search.attribution()
        reaches = self._attribution.reaches
        names = {reach.root.name for reach in reaches}
        self.missing = [name for name in self.wanted if name not in names]
        order = {name: place for place, name in enumerate(self.wanted)}
        chosen = [
            (order.get(reach.root.name, len(order)), place)
            for place, reach in enumerate(reaches)
            if reach.root.name in order or reach.root.kind in kinds
        ]
        self._places = [place for _, place in sorted(chosen)]
        self.stuck = [reaches[each].root for each in self._places if self._is_stuck(each)]
        self._places = [each for each in self._places if not self._is_stuck(each)]
        if not self._places:
            raise RefusedError(self._why_nothing())
        checked = search.checked(self._attribution, set(self._places))
        self._attribution = checked.attribution
        self._is_checked = checked.was_possible
        #: What something without a name holds, too.
        self._kept = self._attribution.units_of(checked.unnamed)
        self._pools = [each for each in search.pools(self._attribution) if self._keeps(each)]
        self._is_complete = search.is_complete

    def roots(self) -> list[Root]:
        return [reach.root for reach in self._reaches()]

    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(root.name for root in self.roots()))

    def freed(self) -> list[_Freed]:
        """Say what each device gets back; bytes that several holders share count once."""
        attribution, chosen = self._attribution, set(self._places)
        reached = attribution.covered(chosen)
        gone = self._gone()
        found: dict[str, _Freed] = {}

        def of(unit: Unit) -> _Freed:
            return found.setdefault(unit.device, _Freed(unit.device))

        for unit in reached | gone:
            count = attribution.bytes[unit]
            if unit not in gone:
                of(unit).stays_bytes += count
            elif unit in reached:
                of(unit).frees_bytes += count
            else:
                of(unit).collected_bytes += count
        for pool in self._pools:
            found.setdefault(pool.device, _Freed(pool.device)).frees_bytes += pool.bytes
        return [found[device] for device in sorted(found)]

    def to_dict(self, token: str) -> wire.ReleasePreview:
        """Return the choice as the wire format's ``ReleasePreview``."""
        attribution, chosen = self._attribution, set(self._places)
        stays = attribution.covered(chosen) - self._gone()
        notes = [root.note for root in [*self.roots(), *self.stuck] if root.note is not None]
        return {
            "token": token,
            "names": list(self.names()),
            "code": self._code(),
            "notes": list(dict.fromkeys(notes)),
            "missing": self.missing,
            "stuck": list(dict.fromkeys(root.name for root in self.stuck)),
            "devices": [cast("wire.FreedDevice", vars(each)) for each in self.freed()],
            "kept_by": attribution.names_of(stays, chosen | self._garbage())[:_MAX_KEPT_BY],
            "is_complete": self._is_complete,
            "is_checked": self._is_checked,
        }

    def shown(self) -> _Shown:
        roots = self.roots()
        return _Shown(
            self.wanted,
            self.groups,
            tuple(root.name for root in roots),
            tuple(_identities(root) for root in roots),
            tuple(reach.storages for reach in self._reaches()),
            {each.id: each.frees_bytes for each in self.freed()},
        )

    def _reaches(self) -> list[Reach]:
        return [self._attribution.reaches[place] for place in self._places]

    def _is_stuck(self, place: int) -> bool:
        return self._attribution.reaches[place].root.release_now is None

    def _garbage(self) -> set[int]:
        reaches = enumerate(self._attribution.reaches)
        return {place for place, reach in reaches if reach.root.release == _COLLECT_LINE}

    def _gone(self) -> set[Unit]:
        """Return what nothing holds any more once the chosen are released."""
        return self._attribution.freed_by({*self._places} | self._garbage()) - self._kept

    def _keeps(self, pool: Holder) -> bool:
        """Whether only the chosen keep the private pool of a CUDA graph."""
        return bool(pool.also_held_by) and {*self.names()}.issuperset(pool.also_held_by)

    def _code(self) -> list[str]:
        """Return the lines of Python that do the same; what `clear` releases is left to it."""
        cleared = [*self.groups]
        kinds = {kind for name in cleared for kind in GROUPS[name]}
        deleted, others = [], []
        for root in self.roots():
            if root.kind in kinds:
                continue
            if root.release == f"del {root.name}":
                deleted.append(root.name)
            elif root.cleared_as is not None:
                cleared.append(root.cleared_as)
            elif root.release is not None:
                others.append(root.release)
        lines = [f"del {', '.join(deleted)}"] if deleted else []
        lines += dict.fromkeys(others)
        named = f"release={list(dict.fromkeys(cleared))!r}" if cleared else ""
        return [*lines, "import jupyterlab_vram", f"jupyterlab_vram.clear({named})"]

    def _why_nothing(self) -> str:
        if self.stuck:
            root = self.stuck[0]
            return f"`{root.name}` can't be released. {root.note or ''}".strip()
        if self.missing:
            return f"Nothing called `{self.missing[0]}` holds device memory now."
        return "The notebook itself holds no device memory now."


def preview(wanted: Iterable[str], groups: Iterable[str] = ()) -> wire.ReleasePreview:
    """Say what releasing some holders would do now.

    Args:
        wanted: names of holders, whatever they are: a variable may be called ``outputs``.
        groups: keys of ``GROUPS``.

    Raises:
        RefusedError: where nothing of it can be released.
    """
    with without_user_code():
        choice = _Choice(wanted, groups)
        token = uuid.uuid4().hex
        _kept[token] = choice.shown()
        while len(_kept) > _MAX_KEPT:
            _kept.popitem(last=False)
        return choice.to_dict(token)


def release_as_shown(token: str) -> list[str]:
    """Release what a preview named; returns the names.

    Raises:
        RefusedError: if this would now do something else than was shown; then nothing was
            released.
    """
    shown = _kept.pop(token, None)
    if shown is None:
        raise RefusedError(_UNKNOWN)
    # Looked at before the first is released, which may run finalizers of the person's.
    with without_user_code():
        roots = _roots_as_shown(shown)
    for root in roots:
        if root.release_now is not None:
            root.release_now()
    return list(dict.fromkeys(root.name for root in roots))


def _roots_as_shown(shown: _Shown) -> list[Root]:
    try:
        choice = _Choice(shown.wanted, shown.groups)
    except RefusedError as error:
        raise RefusedError(f"{error} {_NOTHING_DONE}") from None
    changed = _what_changed(shown, choice.shown())
    if changed is not None:
        raise RefusedError(f"{changed} {_NOTHING_DONE}")
    return choice.roots()


def _what_changed(shown: _Shown, now: _Shown) -> str | None:
    """Return in one sentence what is not as it was shown; None where all is."""
    gone = [name for name in shown.names if name not in now.names]
    if gone:
        return f"`{gone[0]}` holds no device memory any more."
    added = [name for name in now.names if name not in shown.names]
    if added:
        return f"`{added[0]}` holds device memory since you were asked."
    for place, name in enumerate(shown.names):
        is_same = (
            now.names[place : place + 1] == (name,)
            and now.objects[place] == shown.objects[place]
            and now.storages[place].keys() == shown.storages[place].keys()
        )
        if not is_same:
            return f"`{name}` has changed since you were asked."
    before, after = shown.frees_bytes, now.frees_bytes
    for device in sorted({*before, *after}):
        then, count = before.get(device, 0), after.get(device, 0)
        if abs(then - count) >= _TOLERANCE_BYTES:
            return (
                f"It would free {format_bytes(count)} now, not {format_bytes(then)}: "
                "others hold the memory by now, or have released it."
            )
    return None


def _identities(root: Root) -> tuple[int, ...]:
    """Tell which objects a root stands for, where a name stands for one object."""
    return tuple(map(id, root.objects())) if root.kind in _NAMED_KINDS else ()
