"""What is allocated and no root reaches, and what is reserved and can't be returned."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from jupyterlab_vram.devices.practice import DEVICE_ID
from jupyterlab_vram.devices.torch_private import MAX_WORKSPACE_HANDLES
from jupyterlab_vram.devices.workspaces import workspace_sizes
from jupyterlab_vram.units import format_bytes

from .result import DeviceShare, Holder

if TYPE_CHECKING:
    from jupyterlab_vram import wire_types as wire
    from jupyterlab_vram.devices.blocks import Blocks, Segment
    from jupyterlab_vram.devices.tensors import Storages

    from .attribution import Attribution, Unit

#: Pinned memory is worth a line from here on, and from this share of what is reserved.
_MIN_PINNED_BYTES = 64 << 20
_MIN_PINNED_SHARE = 0.1
_MAX_PINNERS = 5

_WORKSPACE_NOTE = (
    "It has the size of a workspace of cuBLAS, no Python object has this memory, and there are "
    "no more of this size than PyTorch keeps for its handles and streams. PyTorch keeps them."
)
_NOTHING_LEADS = (
    "The search found nothing in Python that leads to it: it may belong to C++ code, a library's "
    "cache, a graph that only C++ knows, or be small tensors of all kinds."
)
_NO_HOLDER = "their holder has no name that the search knows."
TIME_WAS_UP = "The search ran out of time before its holder was found."
TOO_LITTLE = "It is too small to search for."
FROZEN = "What holds it may be among the objects that `gc.freeze()` hides from a search."
_MAYBE_WORKSPACES = "It may include workspaces of cuBLAS."
_PRACTICE_NOTE = (
    "The practice device also counts large blocks of other libraries, which are not tensors."
)


class Looked(NamedTuple):
    """How far a search has looked, and what it saw without finding who holds it."""

    #: Of the tensors that Python knows and no root reaches.
    storages: Storages
    #: Why something that leads to device memory may have been missed; None where nothing was.
    doubt: str | None = None


def unattributed_holders(attribution: Attribution, looked: Looked) -> list[Holder]:
    """Explain what no root reaches, device by device, and who pins reserved memory."""
    found: list[Holder] = []
    nameless = attribution.unreached(looked.storages)
    for device in attribution.memory.allocated_bytes:
        left = attribution.left_bytes(device)
        note = _note(device, nameless, looked)
        blocks = attribution.memory.blocks.get(device)
        if blocks is not None:
            sizes = _candidates(device, blocks, attribution, nameless)
            kept = _workspaces(sizes) if looked.doubt is None else set()
            special = _special_blocks(device, blocks, attribution, kept)
            left -= sum(each.bytes for each in special)
            found += [*special, *_fragmentation(device, blocks, attribution)]
            if len(kept) < sum(map(len, sizes.values())):
                note += f" {_MAYBE_WORKSPACES}"
        if left > 0:
            found.append(_leftover("unattributed", "unattributed", device, left, note))
    return found


def _note(device: str, nameless: dict[Unit, int], looked: Looked) -> str:
    """Say what is known of what stays unattributed, and no more."""
    in_python = sum(count for unit, count in nameless.items() if unit.device == device)
    if looked.doubt is not None:
        words = [looked.doubt]
    elif in_python:
        words = [f"Tensors that Python knows have {format_bytes(in_python)} of it; {_NO_HOLDER}"]
    else:
        words = [_NOTHING_LEADS]
    return " ".join([*words, *([_PRACTICE_NOTE] if device == DEVICE_ID else [])])


def _candidates(
    device: str, blocks: Blocks, attribution: Attribution, nameless: dict[Unit, int]
) -> dict[tuple[int, int], list[int]]:
    """Blocks that may be workspaces, by stream and size: no tensor of Python's has them."""
    taken = {unit.key for unit in (*attribution.bytes, *nameless) if unit.device == device}
    sizes = workspace_sizes(int(device.partition(":")[2]))
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, size in enumerate(blocks.requested):
        if size in sizes and place not in taken:
            found[(blocks.segments[place].stream, size)].append(place)
    return found


def _workspaces(candidates: dict[tuple[int, int], list[int]]) -> set[int]:
    """The candidates of which there are no more than there can be; others can't be told apart."""
    return {
        place
        for each in candidates.values()
        if len(each) <= MAX_WORKSPACE_HANDLES
        for place in each
    }


def _special_blocks(
    device: str, blocks: Blocks, attribution: Attribution, workspaces: set[int]
) -> list[Holder]:
    """Blocks of CUDA graphs, and workspaces: those that no root reaches."""
    claimed = {unit.key for unit in attribution.bytes if unit.device == device}
    workspace = 0
    pools = {segment.pool: 0 for segment in blocks.private if segment.pool is not None}
    for place, segment in enumerate(blocks.segments):
        unclaimed = 0 if place in claimed else blocks.sizes[place]
        if place in workspaces:
            # One that was made during a capture lies in the graph's pool, and outlives it.
            workspace += unclaimed
        elif segment.pool is not None:
            pools[segment.pool] += unclaimed
    of_pools = [_pool(device, pool, count, blocks, attribution) for pool, count in pools.items()]
    found = [each for each in of_pools if each.bytes or each.pinned_bytes]
    if workspace:
        found.append(_leftover("cuBLAS workspace", "workspace", device, workspace, _WORKSPACE_NOTE))
    return found


def _pool(
    device: str, pool: tuple[int, int], count: int, blocks: Blocks, attribution: Attribution
) -> Holder:
    owners = [reach.root for reach in attribution.reaches if pool in reach.pools]
    segments = [each for each in blocks.private if each.pool == pool]
    reserved = sum(each.total_bytes for each in segments)
    who = ", ".join(root.name for root in owners) or "torch.compile or a library"
    note = (
        f"The private pool of a CUDA graph has {format_bytes(reserved)} reserved, "
        "which nothing else can use while the graph lives."
    )
    release = owners[0].release if len(owners) == 1 else None
    holder = _leftover(f"CUDA graph of {who}", "cuda graph pool", device, count, note)
    holder.release, holder.also_held_by = release, [root.name for root in owners]
    holder.pinned_bytes = reserved - sum(each.active_bytes for each in segments)
    return holder


def _fragmentation(device: str, blocks: Blocks, attribution: Attribution) -> list[Holder]:
    """Say which roots' tensors pin reserved memory that nothing uses."""
    segments = {id(each): each for each in blocks.segments if each.pool is None}
    reserved = sum(each.total_bytes for each in segments.values())
    pinned = sum(_unused(each) for each in segments.values())
    if pinned < max(_MIN_PINNED_BYTES, _MIN_PINNED_SHARE * reserved):
        return []
    by_root = []
    for place, reach in enumerate(attribution.reaches):
        own = _segments_of(attribution.units(place), device, blocks)
        if own:
            by_root.append((sum(_unused(each) for each in own), reach.root))
    by_root.sort(key=lambda each: each[0], reverse=True)
    names = [root.name for count, root in by_root[:_MAX_PINNERS] if count >= _MIN_PINNED_BYTES]
    note = (
        f"{format_bytes(pinned)} of reserved memory is unused, but live tensors lie in the same "
        "segments. It can be returned once those are gone."
    )
    holder = _leftover("fragmentation", "fragmentation", device, 0, note)
    holder.pinned_bytes, holder.also_held_by = pinned, names
    if len(names) == 1:
        holder.release = by_root[0][1].release
    return [holder]


def pinned_bytes(units: set[Unit], attribution: Attribution) -> int:
    """Return what is reserved, unused and pinned by some units, alone or with others."""
    return sum(
        _unused(segment)
        for device, blocks in attribution.memory.blocks.items()
        for segment in _segments_of(units, device, blocks)
    )


def _segments_of(units: set[Unit], device: str, blocks: Blocks) -> list[Segment]:
    places = [unit.key for unit in units if unit.device == device and unit.key >= 0]
    return list({id(blocks.segments[place]): blocks.segments[place] for place in places}.values())


def _unused(segment: Segment) -> int:
    shared = segment.pool is None and not segment.is_expandable
    return segment.total_bytes - segment.active_bytes if shared else 0


def _leftover(name: str, kind: wire.HolderKind, device: str, count: int, note: str) -> Holder:
    shares = [DeviceShare(device, count)]
    return Holder(name, kind, "", count, device=device, devices=shares, note=note)
