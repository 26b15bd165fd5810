"""Which storages an object reaches."""

import functools
import gc
import sys
import types
import weakref
from collections import OrderedDict, deque

import numpy as np
import pytest
from quiet_torch import torch
from walks import MIB, big, reached

from jupyterlab_vram.devices import practice
from jupyterlab_vram.devices.tensors import has_graph, is_optimizer
from jupyterlab_vram.holders.walker import MAX_ITEMS, Walker

pytestmark = pytest.mark.usefixtures("practice_device")


def test_each_storage_counts_once():
    x = big()
    assert reached([x, x[10:20], x.view(2, -1), {"again": x}]) == (MIB, True)


def test_a_storage_is_followed_without_being_kept():
    x = big()
    (storage,) = Walker({}, 1.0).storages(x).values()
    assert (storage.is_alive(), storage.nbytes, storage.device) == (True, MIB, "practice")
    view = x[:1]
    del x
    assert storage.is_alive()
    del view
    assert not storage.is_alive()


def test_a_view_has_the_address_of_its_storage():
    x = big()
    address = x.untyped_storage().data_ptr()
    for view in (x[:1], x[-10:], x[::2], x.view(4, -1)[2].t()):
        (storage,) = Walker({}, 1.0).storages(view).values()
        assert storage.address == address


def test_an_object_is_come_to_once_however_many_ways_lead_there():
    level = [big()]
    for _ in range(200):
        level = [[level], (level,), {"again": level}]
    assert reached(level) == (MIB, True)


def test_a_cycle_ends():
    ring = link = [big()]
    for _ in range(1000):
        link = [link]
    ring.append(link)
    del link
    assert reached(ring) == (MIB, True)


def test_storages_of_the_cpu_count_only_with_the_practice_device():
    practice.switch_off()
    assert reached(big()) == (0, True)


class Slotted:
    __slots__ = ("value",)


def closed_over():
    x = big()
    return lambda: x


def generator():
    x = big()
    yield 1
    yield x


def started(steps):
    next(steps)
    return steps


def slotted():
    item = Slotted()
    item.value = big()
    return item


def array_of_objects():
    # The garbage collector does not track arrays.
    array = np.empty(3, dtype=object)
    array[1] = big()
    return array


def untracked(item):
    # Which is when it finds that a tuple holds nothing that it tracks.
    gc.collect()
    return item


REACHABLE = {
    "list": lambda: [big()],
    "tuple": lambda: (big(),),
    "dict value": lambda: {"x": big()},
    "dict key": lambda: {big(): 1},
    "set": lambda: {big()},
    "deque": lambda: deque([big()]),
    "ordered dict": lambda: OrderedDict(x=big()),
    "slots": slotted,
    "namespace": lambda: types.SimpleNamespace(x=big()),
    "closure": closed_over,
    "default": lambda: lambda x=big(): x,  # noqa: B008 - that is the point
    "bound method": lambda: big().sum,
    "partial": lambda: functools.partial(print, big()),
    "generator": lambda: started(generator()),
    "module": lambda: torch.nn.Linear(512, 512, bias=False),
    "exception": lambda: ValueError(big()),
    "array of objects": array_of_objects,
    "array in a list among numbers": lambda: [1, 2.0, array_of_objects(), "text"],
    "array in an object": lambda: types.SimpleNamespace(x=array_of_objects()),
    "array in a tuple of a tuple": lambda: [untracked((1, (array_of_objects(), "text")))],
    "tail of a long list": lambda: [*range(1000, 1000 + 2 * MAX_ITEMS), big()],
    "tail of a long tuple": lambda: (*range(1000, 1000 + 2 * MAX_ITEMS), big()),
    "tail of a long dict": lambda: {**dict.fromkeys(range(2 * MAX_ITEMS)), "x": big()},
    "head of a long deque": lambda: deque([big(), *range(2 * MAX_ITEMS)]),
}


@pytest.mark.parametrize("make", REACHABLE.values(), ids=REACHABLE)
def test_what_is_reached(make):
    root = make()
    assert reached(root) == (MIB, True)


x_of_this_module = big()


def uses_global():
    return x_of_this_module


class HoldsInClass:
    x = big()


UNREACHED = {
    "module": lambda: sys.modules[__name__],
    "global of a function": lambda: uses_global,
    "class": lambda: HoldsInClass,
    "class of an object": HoldsInClass,
    "frame": sys._getframe,
    "weak reference": lambda: weakref.ref(x_of_this_module),
}


@pytest.mark.parametrize("make", UNREACHED.values(), ids=UNREACHED)
def test_what_is_not_entered(make):
    assert reached(make()) == (0, True)


def test_the_namespace_as_a_whole_is_not_entered():
    namespace = {"x": big()}
    assert reached([namespace], namespace) == (0, True)


def test_has_graph():
    weight = torch.ones(3, requires_grad=True)
    assert has_graph(weight * 2)
    assert not has_graph(weight)
    assert not has_graph(torch.ones(3))
    assert not has_graph("text")


def test_is_optimizer():
    layer = torch.nn.Linear(2, 2)
    optimizer = torch.optim.Adam(layer.parameters())
    assert is_optimizer(optimizer)
    assert is_optimizer(torch.optim.lr_scheduler.StepLR(optimizer, 1))
    assert not is_optimizer(layer)
