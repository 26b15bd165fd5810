"""What no root reaches, from snapshots as CUDA's allocator gives them."""

import types

import pytest

from jupyterlab_vram.devices import blocks as memory
from jupyterlab_vram.devices import workspaces
from jupyterlab_vram.devices.tensors import Storage
from jupyterlab_vram.holders.attribution import Attribution, Reach
from jupyterlab_vram.holders.unattributed import TIME_WAS_UP, Looked, unattributed_holders
from jupyterlab_vram.roots.root import Root

MIB = 1 << 20
POOL = (0, 7)
WORKSPACE = 32 * MIB


def segment(address, *blocks, pool=(0, 0), stream=0):
    """Blocks are given by their sizes; a negative one is unused."""
    return {
        "device": 0,
        "address": address,
        "total_size": sum(map(abs, blocks)),
        "allocated_size": sum(size for size in blocks if size > 0),
        "segment_pool_id": pool,
        "stream": stream,
        "blocks": [
            {"size": abs(size), "state": "active_allocated" if size > 0 else "inactive"}
            for size in blocks
        ],
    }


@pytest.fixture
def leftovers(monkeypatch):
    """Return what is left over of these segments, where ``graph`` has the private pool."""

    def leftovers(*segments, owned=True, tensors=(), doubt=None, capability=(9, 0), notes=False):
        """``tensors`` are the addresses of those that Python knows and no root reaches."""
        cuda = types.SimpleNamespace(
            is_initialized=lambda: True,
            memory_snapshot=lambda: list(segments),
            get_device_capability=lambda _index: capability,
        )
        for module in (memory, workspaces):
            monkeypatch.setattr(module, "loaded_torch", lambda: types.SimpleNamespace(cuda=cuda))
        monkeypatch.setattr(memory, "allocations", list)
        root = Root("graph", "variable", [("graph", object())], "del graph")
        reaches = [Reach(root, {}, frozenset({POOL}), {}, False, [])] if owned else []
        known = {key: Storage(None, "cuda:0", 1, address) for key, address in enumerate(tensors)}
        looked = Looked(known, doubt)
        found = unattributed_holders(Attribution(reaches, memory.Memory()), looked)
        if notes:
            return {each.name: each.note for each in found}
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


# What is called a workspace: only with evidence


UNKNOWN = {"unattributed"}


def blocks_of(count, size=WORKSPACE, **more):
    return [segment(2**40 + place * 2**30, size, **more) for place in range(count)]


def test_eight_weights_of_a_workspaces_size_are_no_workspaces(leftovers):
    """A bfloat16 weight of 4096 x 4096 has 32 MiB, as cuBLAS's workspace on Hopper."""
    assert leftovers(*blocks_of(9)) == {"unattributed": (9 * WORKSPACE, 0, None)}
    assert (
        "may include workspaces of cuBLAS" in leftovers(*blocks_of(9), notes=True)["unattributed"]
    )


@pytest.mark.parametrize("count", [1, 2])
def test_no_more_than_handles_can_have_are_workspaces(leftovers, count):
    assert leftovers(*blocks_of(count)) == {"cuBLAS workspace": (count * WORKSPACE, 0, None)}
    three = leftovers(*blocks_of(3))
    assert three == {"unattributed": (3 * WORKSPACE, 0, None)}


def test_each_stream_has_workspaces_of_its_own(leftovers):
    found = leftovers(segment(0, WORKSPACE), segment(2**40, WORKSPACE, stream=7),
                      segment(2**41, WORKSPACE, stream=8))  # fmt: skip
    assert found == {"cuBLAS workspace": (3 * WORKSPACE, 0, None)}


def test_a_block_of_a_tensor_that_python_knows_is_no_workspace(leftovers):
    found = leftovers(*blocks_of(2), tensors=[2**40 + 5])
    assert found == {"cuBLAS workspace": (WORKSPACE, 0, None), "unattributed": (WORKSPACE, 0, None)}
    note = leftovers(*blocks_of(2), tensors=[2**40 + 5], notes=True)["unattributed"]
    assert "Tensors that Python knows have 32.0 MiB of it" in note
    assert "workspaces" not in note


def test_nothing_is_called_a_workspace_before_everything_was_looked_at(leftovers):
    assert leftovers(*blocks_of(1), doubt=TIME_WAS_UP).keys() == UNKNOWN
    note = leftovers(*blocks_of(1), doubt=TIME_WAS_UP, notes=True)["unattributed"]
    assert "ran out of time" in note
    assert "may include workspaces of cuBLAS" in note
    assert "nothing in Python" not in note


@pytest.mark.parametrize(
    ("capability", "size", "is_one"),
    [
        ((9, 0), 32 * MIB, True),
        ((9, 0), 8320 << 10, False),
        ((8, 0), 32 * MIB, False),
        ((8, 0), 8320 << 10, True),
        ((12, 0), 32 * MIB, True),
        ((8, 0), MIB, True),
        ((8, 0), 16 * MIB, False),
    ],
)
def test_a_workspace_has_the_size_of_its_gpus(leftovers, capability, size, is_one):
    found = leftovers(segment(0, size), capability=capability)
    assert found.keys() == ({"cuBLAS workspace"} if is_one else UNKNOWN)


def test_a_size_that_the_environment_asks_for_may_be_one(leftovers, monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":16:8")
    monkeypatch.setenv("CUBLASLT_WORKSPACE_SIZE", "3000")
    for size in (128 << 10, 3000 << 10):
        assert leftovers(segment(0, size)).keys() == {"cuBLAS workspace"}


def test_what_is_unattributed_is_said_to_be_no_more_than_unknown(leftovers):
    note = leftovers(segment(0, 3 * MIB), notes=True)["unattributed"]
    assert note.startswith("The search found nothing in Python that leads to it")
    assert "workspace" not in note
