"""Walking through objects that answer back, and through more than there is time for."""

import ast
import gc
import time
from collections import deque

import pytest
from kernels import ROOT
from quiet_torch import torch
from walks import MIB, big, reached

from jupyterlab_vram.cells import leaks as removals
from jupyterlab_vram.cells.leaks import Held, Watch
from jupyterlab_vram.cells.names import cell_names
from jupyterlab_vram.devices.tensors import has_graph, is_optimizer, is_tensor

pytestmark = pytest.mark.usefixtures("practice_device")


class HostileMeta(type):
    """A class whose every answer is a mistake."""

    @property
    def __mro__(cls):
        raise AssertionError("asked for __mro__")

    @property
    def __module__(cls):
        raise AssertionError("asked for __module__")

    def __eq__(cls, _other):
        raise AssertionError("asked for equality of a class")

    def __hash__(cls):
        raise AssertionError("asked for the hash of a class")

    def __instancecheck__(cls, _other):
        raise AssertionError("asked for its instances")

    def __getattribute__(cls, name):
        raise AssertionError(f"asked the class for {name}")


def refuse(what):
    def raise_error(*_args, **_kwargs):
        raise AssertionError(f"asked for {what}")

    return raise_error


ASKED = (
    *("__getattr__", "__getattribute__", "__eq__", "__hash__", "__bool__", "__len__", "__iter__"),
    *("__contains__", "__repr__", "__str__", "__format__", "__dir__", "__sizeof__", "__call__"),
    *("__reduce_ex__", "__getitem__", "__index__", "__instancecheck__", "__torch_function__"),
)


def hostile(*bases):
    names = {name: refuse(name) for name in ASKED}
    names["__class__"] = property(refuse("__class__"))
    if not bases:
        names["__dict__"] = property(refuse("__dict__"))
        names["__slots__"] = ("held",)
    return type("Hostile", bases or (object,), names)


@pytest.mark.parametrize(
    "bases", [(), (list,), (dict,), (set,), (torch.Tensor,), (deque,)], ids=str
)
def test_no_object_is_asked_anything(bases):
    cls = hostile(*bases)
    item = big().as_subclass(cls) if bases == (torch.Tensor,) else cls()
    if bases == ():
        object.__setattr__(item, "held", big())
    elif bases in ((list,), (deque,)):
        bases[0].append(item, big())
    elif bases == (dict,):
        dict.__setitem__(item, "x", big())
    elif bases == (set,):
        set.add(item, big())
    namespace = {"item": item}
    assert reached([item], namespace) == (MIB, True)
    check_watch(namespace)


def test_no_metaclass_is_asked_anything():
    cls = HostileMeta("Odd", (), {"__slots__": ("held",)})
    item = object.__new__(cls)
    cls_held = type.__getattribute__(cls, "held")
    cls_held.__set__(item, big())
    assert reached([item]) == (MIB, True)
    check_watch({"item": item})
    assert not is_tensor(item)
    assert not is_optimizer(item)
    assert not has_graph(item)


def watch_for(code, namespace):
    return Watch(cell_names(ast.parse(code)), namespace, {})


def check_watch(namespace):
    watch = watch_for("del item; other = 1", namespace)
    held = Held(namespace["item"], {})
    assert held.is_value(namespace["item"])
    namespace["keeper"] = [namespace.pop("item")]
    found = watch.removals()
    if held.is_part:
        assert found == []
        return
    (removal,) = found
    # The functions of this test hold it, too.
    assert (removal.name, removal.how, removal.held_by[0]) == ("item", "deleted", "keeper")
    assert removal.to_dict()["alive_bytes"] == MIB


def test_a_finaliser_runs_when_the_person_lets_go_and_not_later():
    gone = []

    class Final(list):
        def __del__(self):
            gone.append(len(self))

    namespace = {"item": Final([big()])}
    watch = watch_for("del item", namespace)
    assert gone == []
    del namespace["item"]
    assert gone == [1]
    (removal,) = watch.removals()
    assert removal.to_dict()["alive_bytes"] == 0


def test_names_that_are_no_names_are_left_alone():
    class Odd:
        __hash__ = object.__hash__

        def __eq__(self, _other):
            raise AssertionError("asked for equality")

    namespace = {Odd(): big(), 5: big(), None: 1, "item": [big()]}
    check_watch(namespace)


def nested(depth):
    root = []
    for _ in range(depth):
        root = [root]
    return root


ENDLESS = {
    "deep": lambda: nested(500_000),
    "wide": lambda: [[n] for n in range(15_000)] * 200,
    "many": lambda: [[[m] for m in range(300)] for _ in range(2_000)],
}


@pytest.mark.parametrize("make", ENDLESS.values(), ids=ENDLESS)
def test_a_walk_gives_up_in_time(make):
    gc.disable()
    root = make()
    # The least of a few: this is about giving up, not about how busy the machine is.
    took_s = min(timed(root) for _ in range(3))
    gc.enable()
    assert took_s < 0.2
    drop(root)


def timed(root):
    start_s = time.perf_counter()
    reached(root, seconds=0.05)
    return time.perf_counter() - start_s


def drop(root):
    """Take a deep list apart from outside, which recursion might not survive."""
    stack = [root]
    while stack:
        item = stack.pop()
        if type(item) is list and len(item) == 1:
            stack.append(item.pop())


def test_a_huge_container_is_looked_at_only_at_its_ends():
    root = [0] * 5_000_000
    start_s = time.perf_counter()
    assert reached(root) == (0, True)
    assert time.perf_counter() - start_s < 1


def test_with_too_little_time_nothing_is_called_a_leak(monkeypatch):
    monkeypatch.setattr(removals, "_DELETED_S", 0.02)
    monkeypatch.setattr(removals, "_AFTER_S", 0.02)
    namespace = {"model": [big()], "models": [nested(300_000)]}
    watch = watch_for("models.append(model); del model", namespace)
    namespace["models"].insert(0, namespace.pop("model"))
    assert watch.removals() == []
    drop(namespace["models"][1])


class Box:
    """Something that a weak reference can follow."""


def test_an_object_at_the_address_of_a_dead_one_is_another():
    box = Box()
    held = Held(box, {})
    assert held.is_value(box)
    del box
    another = Box()
    # As it happens when the memory of the first is used again.
    held._identity = id(another)
    assert not held.is_value(another)


def test_an_error_is_released_though_a_library_kept_a_frame_of_its_cell(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.attach(practice=True)
    # torch keeps frames of its own import, which lead to IPython's record of the run.
    kernel.run("import torch\ndef fit():\n    x = torch.ones(2**24)\n    1 / 0\nfit()")
    kernel.silently("")
    before = kernel.attach()["reading"]["devices"][0]["allocated_bytes"]
    kernel.run("import jupyterlab_vram; jupyterlab_vram.clear(release=['tracebacks'])")
    after = kernel.attach()["reading"]["devices"][0]["allocated_bytes"]
    assert before - after >= 60 * MIB
