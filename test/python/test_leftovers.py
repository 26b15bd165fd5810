"""What no root reaches, from snapshots as CUDA's allocator gives them."""

import types

import pytest

from jupyterlab_vram import memory
from jupyterlab_vram.account import Account, Reach
from jupyterlab_vram.leftovers import leftover_holders
from jupyterlab_vram.root import Root

MIB = 1 << 20
POOL = (0, 7)
WORKSPACE = 32 * MIB


def segment(address, *blocks, pool=(0, 0)):
    """Blocks are given by their sizes; a negative one is unused."""
    return {
        "device": 0,
        "address": address,
        "total_size": sum(map(abs, blocks)),
        "allocated_size": sum(size for size in blocks if size > 0),
        "segment_pool_id": pool,
        "blocks": [
            {"size": abs(size), "state": "active_allocated" if size > 0 else "inactive"}
            for size in blocks
        ],
    }


@pytest.fixture
def leftovers(monkeypatch):
    """Return what is left over of these segments, where ``graph`` has the private pool."""

    def leftovers(*segments, owned=True):
        cuda = types.SimpleNamespace(
            is_initialized=lambda: True, memory_snapshot=lambda: list(segments)
        )
        monkeypatch.setattr(memory, "loaded_torch", lambda: types.SimpleNamespace(cuda=cuda))
        monkeypatch.setattr(memory, "allocations", list)
        root = Root("graph", "variable", [("graph", object())], "del graph")
        reaches = [Reach(root, {}, frozenset({POOL}), {}, False)] if owned else []
        found = leftover_holders(Account(reaches, memory.Memory()))
        return {each.name: (each.bytes, each.pinned_bytes, each.release) for each in found}

    return leftovers


def test_a_graphs_pool_counts_with_all_its_segments(leftovers):
    found = leftovers(segment(0, -64 * MIB, pool=POOL), segment(2**30, 8 * MIB, -MIB, pool=POOL))
    assert found == {"CUDA graph of graph": (8 * MIB, 65 * MIB, "del graph")}


def test_a_workspace_in_a_graphs_pool_is_none_of_the_graphs(leftovers):
    found = leftovers(segment(0, WORKSPACE, pool=POOL), segment(2**30, -64 * MIB, pool=POOL))
    assert found == {
        "CUDA graph of graph": (0, 64 * MIB, "del graph"),
        "cuBLAS workspace": (WORKSPACE, 0, None),
    }


def test_a_pool_of_a_graph_that_is_gone_has_no_line(leftovers):
    found = leftovers(segment(0, WORKSPACE, pool=POOL), owned=False)
    assert found == {"cuBLAS workspace": (WORKSPACE, 0, None)}


def test_a_pool_of_nobody_is_a_librarys(leftovers):
    found = leftovers(segment(0, -64 * MIB, pool=POOL), owned=False)
    assert found == {"CUDA graph of torch.compile or a library": (0, 64 * MIB, None)}


def test_blocks_that_nothing_explains_are_unattributed(leftovers):
    assert leftovers(segment(0, 3 * MIB)) == {"unattributed": (3 * MIB, 0, None)}
