"""What a holder is said to free is what comes back, also where something without a name has it."""

import atexit
import contextvars
import functools
import gc
import json.decoder
import logging
import logging.handlers
import sys
import types
import weakref
from collections import OrderedDict, deque

import numpy as np
import pytest
from quiet_torch import torch

import jupyterlab_vram
from jupyterlab_vram.devices.tensors import TensorReader
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.search import Search

pytestmark = pytest.mark.usefixtures("practice_device")

MIB = 2**20
MAIN = vars(sys.modules["__main__"])


@pytest.fixture
def names():
    before = set(MAIN)
    yield MAIN
    for name in set(MAIN) - before:
        del MAIN[name]
    gc.collect()


def big():
    return torch.empty(4096, 4096, dtype=torch.bfloat16)


def model():
    return torch.nn.Sequential(*[torch.nn.Linear(4096, 4096, dtype=torch.bfloat16)] * 2)


def look():
    # With time enough on a machine that does much else.
    return find_holders(seconds=30)


def holder(name, found=None):
    (each,) = [each for each in (found or look()).holders if each.name == name]
    return each


def freed_by(name):
    before = look().devices[0].allocated_bytes
    jupyterlab_vram.clear(names=[name])
    return before - look().devices[0].allocated_bytes


class Box:
    def __init__(self, value):
        self.value = value


class Slot:
    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def closure():
    x = big()
    return lambda: x


def generator():
    x = big()
    yield 1
    yield x


def started():
    steps = generator()
    next(steps)
    return steps


@functools.lru_cache
def nothing(_key):
    return None


def cached():
    @functools.lru_cache
    def load(_key):
        return big()

    load(1)
    load(2)
    return load


def trained():
    net = model()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    net(torch.ones(1, 4096, dtype=torch.bfloat16)).sum().backward()
    optimizer.step()
    return net, optimizer


def caught():
    def fit():
        batch = big()
        raise ValueError(batch.shape)

    try:
        fit()
    except ValueError as error:
        return error


def array():
    items = np.empty(2, dtype=object)
    items[0] = big()
    return items


def graph():
    weight = torch.ones(1, requires_grad=True)
    return ((weight * big()).exp() * 2).sin().sum()


ALONE = {
    "tensor": big,
    "model": model,
    "list": lambda: [big(), [big()]],
    "dict": lambda: {"a": big()},
    "ordered dict": lambda: OrderedDict(a=big()),
    "set": lambda: {big()},
    "deque": lambda: deque([big()]),
    "object": lambda: Box([Box(big())]),
    "slots": lambda: Slot(Slot(big())),
    "namespace": lambda: types.SimpleNamespace(x=big()),
    "closure": closure,
    "generator": started,
    "lru_cache": cached,
    "partial": lambda: functools.partial(print, big()),
    "method": lambda: Box(big()).__init__,
    "training": trained,
    "graph": graph,
    "error": caught,
    "array of objects": array,
    "view": lambda: big()[:4],
    "storage": lambda: big().untyped_storage(),
    "a tensor with a gradient": lambda: big().requires_grad_() * 2,
    "sparse": lambda: torch.sparse_coo_tensor(
        torch.stack([torch.arange(2**21)] * 2), torch.ones(2**21), check_invariants=False
    ),
    "two names for one": lambda: [(x := big()), x],
    "memory handler": lambda: logging.handlers.MemoryHandler(100),
}


@pytest.mark.parametrize("make", ALONE.values(), ids=ALONE)
def test_what_only_one_holds_is_promised_and_comes_back(names, make):
    names["item"] = make()
    if isinstance(names["item"], logging.Handler):
        names["item"].emit(logging.LogRecord("x", 20, "", 1, "%s", (big(),), None))
    found = holder("item")
    assert (found.promise, found.shared_bytes, found.also_held_by) == ("checked", 0, [])
    assert found.bytes >= 32 * MIB
    assert abs(freed_by("item") - found.bytes) <= MIB


#: Of each: what makes it, how it is ended, and who else has it, if that has a name.
HELD_TWICE = {}


def second(make):
    HELD_TWICE[make.__name__] = make
    return make


@second
def a_model_in_a_librarys_list(monkeypatch):
    net = model()
    monkeypatch.setattr(json.decoder, "kept", [net], raising=False)
    return net, None, "json.decoder.kept"


@second
def the_tensor_alone_in_a_librarys_dictionary(monkeypatch):
    x = big()
    monkeypatch.setattr(json.decoder, "kept", {"x": x}, raising=False)
    return [x], None, "json.decoder.kept"


@second
def a_parameter_that_was_used(monkeypatch):
    net, optimizer = trained()
    del optimizer
    monkeypatch.setattr(json.decoder, "kept", {"x": net[0].weight}, raising=False)
    return net, None, "json.decoder.kept"


def at_exit(_net):
    pass


@second
def what_a_callback_at_exit_has(_monkeypatch):
    net = model()
    atexit.register(at_exit, net)
    return net, lambda: atexit.unregister(at_exit), None


@second
def what_a_finalizer_has(_monkeypatch):
    x, box = big(), Box(1)
    HELD_TWICE["box"] = box
    final = weakref.finalize(box, print, x)

    def end():
        final.detach()
        HELD_TWICE.pop("box", None)

    return [x], end, "weakref.finalize._registry"


@second
def what_a_context_variable_has(_monkeypatch):
    x, variable = big(), contextvars.ContextVar("x")
    variable.set(x)
    return [x], lambda: variable.set(None), "context variable x"


@pytest.mark.parametrize("make", list(HELD_TWICE.values()), ids=list(HELD_TWICE))
def test_what_something_else_holds_too_is_not_promised(names, monkeypatch, make):
    names["item"], release_now, other = make(monkeypatch)
    found = look()
    item = holder("item", found)
    totals = found.devices[0]
    rest = sum(each.bytes for each in found.holders if each.kind == "unattributed")
    assert totals.named_bytes + rest == totals.allocated_bytes
    assert item.bytes <= MIB
    assert item.shared_bytes >= 32 * MIB
    if other is None:
        assert item.promise == "shared"
    else:
        assert other in item.also_held_by
        assert item.promise == "checked"
        assert holder(other, found).shared_bytes >= 32 * MIB
    assert freed_by("item") <= MIB
    if release_now is not None:
        release_now()


def test_what_there_was_no_time_for_is_said_to_be_unchecked(names, monkeypatch):
    names["item"] = [big()]
    monkeypatch.setattr(Search, "_left_s", lambda _self: 0.0)
    found = holder("item")
    assert found.promise == "unchecked"
    assert found.bytes >= 32 * MIB


def test_an_error_is_said_to_be_unchecked(names, monkeypatch):
    del names
    monkeypatch.setattr(sys, "last_value", caught(), raising=False)
    found = holder("fit() in the last traceback")
    assert found.promise == "unchecked"


@pytest.fixture
def _older_torch(monkeypatch):
    """As torch before it told how many references a tensor itself has."""
    make = TensorReader.__init__

    def make_older(reader, *arguments):
        make(reader, *arguments)
        reader._use_count = None

    monkeypatch.setattr(TensorReader, "__init__", make_older)


@pytest.mark.usefixtures("_older_torch")
def test_what_an_older_torch_may_keep_itself_is_no_second_holder(names):
    whole = big()
    names["pair"] = [whole, whole[0]]
    del whole
    found = look()
    assert holder("pair", found).promise == "unchecked"
    assert [each.name for each in found.holders if "without a name" in each.name] == []
    assert freed_by("pair") >= 32 * MIB


@pytest.mark.usefixtures("_older_torch")
def test_with_an_older_torch_too_a_second_holder_is_found(names):
    names["box"] = Box(big())
    atexit.register(id, names["box"])
    try:
        assert holder("box").promise == "shared"
    finally:
        atexit.unregister(id)
