"""Who holds the memory: ownership of random graphs, hostile objects, limits, and no trace."""

import contextlib
import gc
import random
import sys
import threading
import time
import weakref
from collections import deque
from functools import partial

import pytest
from quiet_torch import torch

import jupyterlab_vram
from jupyterlab_vram import RefusedError, holders
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.search import Search

pytestmark = pytest.mark.usefixtures("practice_device")

MIB = 2**20
MAIN = vars(sys.modules["__main__"])


@pytest.fixture(autouse=True)
def names():
    """The person's namespace, which is the main module's; empty again afterwards."""
    before = set(MAIN)
    yield MAIN
    for name in set(MAIN) - before:
        del MAIN[name]
    gc.collect()


def big(mib=16):
    # Large, so that no gap in the C heap has room for it: such a block is not counted.
    return torch.empty(mib * MIB // 4)


def by_name(least=MIB):
    return {each.name: each for each in holders(least)}


class Box:
    """Holds whatever is put into it."""

    def __init__(self, value):
        self.value = value


class Slot:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def closure(value):
    return lambda: value


def graph(value):
    # Only the graph has `value` then: no Python object leads to it.
    return (value.requires_grad_()[:1] * 2).sum() if type(value) is torch.Tensor else [value]


WRAPS = [
    lambda value: [value],
    lambda value: (1, value),
    lambda value: {"key": value},
    lambda value: deque([value]),
    Box,
    Slot,
    closure,
    graph,
    lambda value: partial(print, value),
]


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs_have_known_owners(names, seed):
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    tensors = [big(chance.choice((16, 32, 64))) for _ in range(6)]
    sizes = [tensor.untyped_storage().nbytes() for tensor in tensors]
    keys = [tensor.untyped_storage()._cdata for tensor in tensors]
    owned = {}
    for number in range(4):
        chosen = chance.sample(range(6), chance.randint(1, 3))
        values = []
        for place in chosen:
            value = tensors[place]
            for _ in range(chance.randint(0, 4)):
                value = chance.choice(WRAPS)(value)
            values.append(value)
        names[f"owner{number}"] = chance.choice(WRAPS[:6])(values)
        owned[f"owner{number}"] = set(chosen)
    del tensors, value, values
    reached = {
        each.root.name: set(each.storages) for each in Search(10.0).reaches(lambda _found: False)
    }
    listed = by_name()
    for name, places in owned.items():
        assert {keys[place] for place in places} <= reached[name]
        alone = places - set().union(*(other for key, other in owned.items() if key != name))
        found = listed[name]
        assert found.bytes >= sum(sizes[place] for place in alone)
        assert set(found.also_held_by) <= owned.keys() - {name}
    left = find_holders()
    for name in owned:
        frees = next(each.bytes for each in left.holders if each.name == name)
        before = left.devices[0].allocated_bytes
        jupyterlab_vram.clear(names=[name])
        left = find_holders(1)
        assert before - left.devices[0].allocated_bytes >= frees - MIB
        assert name not in [each.name for each in left.holders]


def test_what_is_found_sums_up_to_what_is_allocated(names):
    names["x"], names["y"] = big(16), [big(16)]
    found = find_holders()
    (device,) = found.devices
    rest = sum(each.bytes for each in found.holders if each.kind == "unattributed")
    assert device.named_bytes + rest == device.allocated_bytes
    assert device.unattributed_bytes == rest
    assert found.is_complete


def test_small_holders_share_one_line(names):
    for number in range(5):
        names[f"small{number}"] = big(16)
    found = find_holders(32 * MIB)
    (line,) = [each for each in found.holders if each.kind == "smaller"]
    assert line.name.endswith(" smaller")
    assert line.bytes >= 5 * 16 * MIB


def test_a_holder_tells_its_path_and_parts(names):
    names["model"] = torch.nn.Sequential(torch.nn.Linear(2048, 2048), torch.nn.Linear(2048, 2048))
    model = by_name()["model"]
    assert model.path == "model.0.weight"
    assert {part.path for part in model.parts} == {"model.0", "model.1"}
    assert model.release == "del model"
    names["data"] = {"train": [Box(big())]}
    assert by_name()["data"].path == "data['train'][0].value"


def test_looking_keeps_nothing_alive(names):
    gc.disable()
    try:
        names["box"] = Box(big())
        gone = weakref.ref(names["box"])
        for _ in range(3):
            assert "box" in by_name()
        del names["box"]
        assert gone() is None
    finally:
        gc.enable()


def test_a_running_frame_is_read_without_keeping_its_locals():
    seen = []

    def work(ready, go_on, done):
        x = big(16)
        seen.append(weakref.ref(x))
        ready.set()
        go_on.wait()
        del x
        done.set()
        go_on.clear()
        go_on.wait()

    events = [threading.Event() for _ in range(3)]
    ready, go_on, done = events
    thread = threading.Thread(target=work, args=events, name="busy")
    thread.start()
    ready.wait()
    try:
        assert by_name()["work() in thread busy"].bytes >= 16 * MIB
        go_on.set()
        done.wait()
        gc.collect()
        assert seen[0]() is None
    finally:
        time.sleep(0.05)
        go_on.set()
        thread.join()


class Hostile:
    """Raises, or hangs, whatever it is asked."""

    def __init__(self, value):
        object.__setattr__(self, "kept", value)

    def __getattribute__(self, name):
        raise AssertionError(f"asked for {name}")

    def __eq__(self, _other):
        raise AssertionError("asked for equality")

    def __hash__(self):
        time.sleep(60)
        return 1

    def __bool__(self):
        raise AssertionError("asked for truth")

    def __len__(self):
        raise AssertionError("asked for a length")

    def __iter__(self):
        raise AssertionError("asked for items")

    def __repr__(self):
        raise AssertionError("asked for text")

    def __del__(self):
        raise RuntimeError("raises when it dies")


class Liar:
    """Claims to be a tensor."""

    @property
    def __class__(self):
        return torch.Tensor

    def __init__(self, value):
        self.kept = value


class Strange(type):
    def __getattribute__(cls, name):
        raise AssertionError(f"asked the class for {name}")

    def __hash__(cls):
        raise AssertionError("asked the class for its hash")

    def __eq__(cls, _other):
        raise AssertionError("asked the class for equality")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("make", [Hostile, Liar], ids=["hostile", "liar"])
def test_no_object_is_asked_anything(names, make):
    names["odd"] = make(big())
    assert by_name()["odd"].bytes >= 16 * MIB
    jupyterlab_vram.clear(names=["odd"])
    assert "odd" not in names


def test_no_class_is_asked_anything(names):
    strange = Strange("Odd", (), {"x": big()})
    names["Odd"] = strange
    assert any(each.bytes >= 16 * MIB for each in holders())


def test_the_search_ends_in_time_and_says_so(names):
    names["wide"] = [[[n] for n in range(300)] for _ in range(6_000)]
    names["x"] = big()
    start_s = time.monotonic()
    found = find_holders(seconds=0.1)
    assert time.monotonic() - start_s < 1.0
    assert not found.is_complete


def test_a_name_that_nothing_has_is_refused_and_nothing_is_done(names):
    names["x"] = big()
    with pytest.raises(RefusedError, match="no variable `nothing`"):
        jupyterlab_vram.clear(names=["x", "nothing"])
    with pytest.raises(RefusedError, match=r"Nothing called `Out\[99\]`"):
        jupyterlab_vram.clear(release=["Out[99]"])
    assert "x" in names


def test_a_variable_is_deleted_by_name_whatever_is_in_it(names):
    names["data"] = bytearray(10)
    jupyterlab_vram.clear(names=["data"])
    assert "data" not in names


def test_a_thread_cannot_be_made_to_let_go():
    done = threading.Event()
    thread = threading.Thread(target=lambda _x: done.wait(), args=(big(),), name="worker")
    thread.start()
    try:
        name = next(name for name in by_name() if name.endswith("thread worker"))
        with pytest.raises(RefusedError, match="comes back when the thread ends"):
            jupyterlab_vram.clear(release=[name])
    finally:
        done.set()
        thread.join()


def test_a_single_name_may_stand_alone(names):
    names["model"] = big()
    report = jupyterlab_vram.clear(names="model")
    assert report.released == ("model",)
    assert report.to_dict()["released"] == ["model"]


def test_there_is_nothing_without_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert find_holders().holders == []


def test_memory_does_not_grow_with_looking(names):
    names["model"] = torch.nn.Sequential(*[torch.nn.Linear(256, 256) for _ in range(8)])
    names["y"] = names["model"](torch.ones(4, 256)).sum()
    counts = []
    for _ in range(4):
        for _ in range(5):
            holders()
        gc.collect()
        counts.append(len(gc.get_objects()))
    with contextlib.suppress(KeyError):
        del names["y"]
    assert counts[-1] - counts[1] < 50, counts
