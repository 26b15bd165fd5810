"""What is allocated and no root reaches, and what is reserved and can't be returned."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from .holdings import DeviceShare, Holder
from .units import format_bytes

if TYPE_CHECKING:
    from .account import Account, Unit
    from .memory import Blocks, Segment

#: cuBLAS's workspace for one handle and stream, from Hopper on and before; cuBLASLt's.
_WORKSPACE_BYTES = (32 << 20, (2 * 4096 + 8 * 16) << 10, 1 << 20)
_WORKSPACE_SETTING = re.compile(r":(\d+):(\d+)")
#: Pinned memory is worth a line from here on, and from this share of what is reserved.
_MIN_PINNED_BYTES = 64 << 20
_MIN_PINNED_SHARE = 0.1
_MAX_PINNERS = 5

_WORKSPACE_NOTE = "PyTorch's own workspace for matrix products. It is not a leak, and stays."
_UNKNOWN_NOTE = (
    "No Python object leads to it: C++ code, a library's cache, a graph that only C++ knows, "
    "or small tensors of all kinds."
)
_PRACTICE_NOTE = (
    "No tensor leads to it: the practice device also counts large blocks of other libraries."
)


def leftover_holders(account: Account) -> list[Holder]:
    """Explain what no root reaches, device by device, and who pins reserved memory."""
    found: list[Holder] = []
    for device in account.memory.allocated_bytes:
        blocks = account.memory.blocks.get(device)
        left = account.left_bytes(device)
        if blocks is not None:
            special = _special_blocks(device, blocks, account)
            left -= sum(each.bytes for each in special)
            found += [*special, *_fragmentation(device, blocks, account)]
        if left > 0:
            note = _PRACTICE_NOTE if device == "practice" else _UNKNOWN_NOTE
            found.append(_leftover("unattributed", "unattributed", device, left, note))
    return found


def _special_blocks(device: str, blocks: Blocks, account: Account) -> list[Holder]:
    """Blocks of CUDA graphs, and workspaces: those that nobody reaches."""
    claimed = {unit.key for unit in account.bytes if unit.device == device}
    workspace = 0
    pools = {segment.pool: 0 for segment in blocks.private if segment.pool is not None}
    sizes = workspace_sizes()
    for place, segment in enumerate(blocks.segments):
        unclaimed = 0 if place in claimed else blocks.sizes[place]
        if unclaimed and blocks.requested[place] in sizes:
            # One that was made during a capture lies in the graph's pool, and outlives it.
            workspace += unclaimed
            unclaimed = 0
        if segment.pool is not None:
            pools[segment.pool] += unclaimed
    of_pools = [_pool(device, pool, count, blocks, account) for pool, count in pools.items()]
    found = [each for each in of_pools if each.bytes or each.pinned_bytes]
    if workspace:
        found.append(_leftover("cuBLAS workspace", "workspace", device, workspace, _WORKSPACE_NOTE))
    return found


def workspace_sizes() -> set[int]:
    """Return the sizes, in bytes, that a workspace of cuBLAS's can have."""
    setting = os.environ.get("CUBLAS_WORKSPACE_CONFIG", "")
    pairs = _WORKSPACE_SETTING.findall(setting)
    chosen = {sum(int(size) * int(count) << 10 for size, count in pairs)} if pairs else set()
    return {*_WORKSPACE_BYTES, *chosen}


def _pool(
    device: str, pool: tuple[int, int], count: int, blocks: Blocks, account: Account
) -> Holder:
    owners = [reach.root for reach in account.reaches if pool in reach.pools]
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


def _fragmentation(device: str, blocks: Blocks, account: Account) -> list[Holder]:
    """Say which roots' tensors pin reserved memory that nothing uses."""
    segments = {id(each): each for each in blocks.segments if each.pool is None}
    reserved = sum(each.total_bytes for each in segments.values())
    pinned = sum(_unused(each) for each in segments.values())
    if pinned < max(_MIN_PINNED_BYTES, _MIN_PINNED_SHARE * reserved):
        return []
    by_root = []
    for place, reach in enumerate(account.reaches):
        own = _segments_of(account.units(place), device, blocks)
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


def pinned_bytes(units: set[Unit], account: Account) -> int:
    """Return what is reserved, unused and pinned by some units, alone or with others."""
    return sum(
        _unused(segment)
        for device, blocks in account.memory.blocks.items()
        for segment in _segments_of(units, device, blocks)
    )


def _segments_of(units: set[Unit], device: str, blocks: Blocks) -> list[Segment]:
    places = [unit.key for unit in units if unit.device == device and unit.key >= 0]
    return list({id(blocks.segments[place]): blocks.segments[place] for place in places}.values())


def _unused(segment: Segment) -> int:
    shared = segment.pool is None and not segment.is_expandable
    return segment.total_bytes - segment.active_bytes if shared else 0


def _leftover(name: str, kind: str, device: str, count: int, note: str) -> Holder:
    shares = [DeviceShare(device, count)]
    return Holder(name, kind, "", count, device=device, devices=shares, note=note)
