"""A search runs nothing of the person's: no subclass, mode, descriptor, metaclass or finalizer."""

import gc
import threading
from types import SimpleNamespace

import pytest
from quiet_torch import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from jupyterlab_vram.cells.leaks import Watch
from jupyterlab_vram.cells.names import cell_names
from jupyterlab_vram.devices import no_user_code
from jupyterlab_vram.devices.tensors import has_graph, is_tensor
from jupyterlab_vram.holders import search
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.search import names_holding
from jupyterlab_vram.holders.walker import Walker

pytestmark = pytest.mark.usefixtures("practice_device", "names")

MIB = 2**20


class UserCodeRan(BaseException):
    """Not an Exception: whoever swallows those does not hide it."""


class Tattle:
    """Notes that something of the person's ran, and raises what nobody expects."""

    def __init__(self):
        self.calls = []
        self.is_armed = False

    def __call__(self, what):
        def run(*_args, **_kwargs):
            self.calls.append(what)
            raise UserCodeRan(what)

        return run


@pytest.fixture
def ran():
    return Tattle()


@pytest.fixture
def names():
    """The person's namespace, which is the main module's; empty again afterwards."""
    import sys

    main = vars(sys.modules["__main__"])
    before = set(main)
    yield main
    for name in set(main) - before:
        del main[name]
    gc.collect()


def big(mib=16):
    return torch.empty(mib * MIB // 4)


ATTRIBUTES = (
    *("grad_fn", "grad", "is_leaf", "retains_grad", "layout", "device", "shape", "dtype", "data"),
    *("is_cuda", "is_sparse", "requires_grad", "nbytes", "__class__", "__dict__"),
)
METHODS = (
    *("data_ptr", "untyped_storage", "storage", "_indices", "_values", "size", "numel"),
    *("__len__", "__bool__", "__eq__", "__hash__", "__repr__", "__getattribute__", "__iter__"),
)


def hostile_tensor(ran, meta=None):
    names = {name: property(ran(name)) for name in ATTRIBUTES}
    names |= {name: ran(name) for name in METHODS}
    names |= {name: classmethod(ran(name)) for name in ("__torch_function__",)}
    return (meta or type(torch.Tensor))("HostileTensor", (torch.Tensor,), names)


def hostile_meta(ran):
    """Answers nothing once ``ran`` is armed; torch itself needs answers while a class is made."""

    class HostileMeta(type(torch.Tensor)):
        def __getattribute__(cls, name):
            return ran("metaclass")() if ran.is_armed else super().__getattribute__(name)

        def __hash__(cls):
            return ran("metaclass __hash__")() if ran.is_armed else super().__hash__()

        def __eq__(cls, other):
            return ran("metaclass __eq__")() if ran.is_armed else cls is other

        def __instancecheck__(cls, other):
            return ran("__instancecheck__")() if ran.is_armed else super().__instancecheck__(other)

    return HostileMeta


def as_subclass(value, cls):
    """Without asking the class."""
    with torch._C.DisableTorchFunctionSubclass():
        return torch.Tensor.as_subclass(value, cls)


def wrapper_class(ran):
    """A tensor without data of its own, whose every operation is Python code."""

    class Wrapper(torch.Tensor):
        @staticmethod
        def __new__(cls, inner):
            made = torch.Tensor._make_wrapper_subclass(
                cls, inner.shape, dtype=inner.dtype, device=inner.device, dispatch_layout=True,
                dispatch_device=True, dispatch_sizes_strides_policy="sizes",
            )  # fmt: skip
            made.inner = inner
            return made

        __torch_function__ = torch._C._disabled_torch_function_impl
        __torch_dispatch__ = classmethod(ran("__torch_dispatch__"))

    return Wrapper


def look(names):
    """Everything that looks at objects of a person's: the hooks of a cell, and the search."""
    import ast

    watch = Watch(cell_names(ast.parse("del item; other = [item]")), names, {})
    found = find_holders(MIB)
    names["kept"] = [names.pop("item")]
    removals = watch.removals()
    found_later = find_holders(MIB)
    return found, removals, found_later


def reached_bytes(found, name):
    return sum(each.bytes + each.shared_bytes for each in found.holders if each.name == name)


TENSORS = {
    "subclass": lambda ran: as_subclass(big(), hostile_tensor(ran)),
    "subclass with a metaclass": lambda ran: as_subclass(
        big(), hostile_tensor(ran, hostile_meta(ran))
    ),
    "subclass with a graph": lambda ran: as_subclass(
        big().requires_grad_() * 2, hostile_tensor(ran)
    ),
    "wrapper": lambda ran: wrapper_class(ran)(big()),
    "list of a subclass": lambda ran: [as_subclass(big(), hostile_tensor(ran))],
}


@pytest.mark.parametrize("make", TENSORS.values(), ids=TENSORS)
def test_no_code_of_a_tensors_class_runs(names, ran, make):
    names["item"] = make(ran)
    # What torch asked while it was made.
    ran.calls.clear()
    ran.is_armed = True
    found, _, later = look(names)
    has_graph(names["kept"][0])
    is_tensor(names["kept"][0])
    ran.is_armed = False
    assert ran.calls == []
    assert reached_bytes(found, "item") >= 16 * MIB
    assert reached_bytes(later, "kept") >= 16 * MIB


def function_mode(ran):
    return type("Mode", (TorchFunctionMode,), {"__torch_function__": ran("a function mode")})()


def dispatch_mode(ran):
    return type("Mode", (TorchDispatchMode,), {"__torch_dispatch__": ran("a dispatch mode")})()


def sparse():
    places = torch.arange(2**21)
    both = torch.stack([places, places])
    return torch.sparse_coo_tensor(both, torch.ones(2**21), check_invariants=False)


def viewed_in_place():
    """A view that is written to: torch makes its node anew when somebody asks for it."""
    base = big().requires_grad_() * 2
    view = base.view(-1)[:]
    base.mul_(2)
    return view


VALUES = {
    "tensor": big,
    "graph": lambda: big().requires_grad_() * 2,
    "sparse": sparse,
    "storage": lambda: big().untyped_storage(),
    "a view of what changed": viewed_in_place,
}


@pytest.mark.parametrize("mode", [function_mode, dispatch_mode], ids=["function", "dispatch"])
@pytest.mark.parametrize("make", VALUES.values(), ids=VALUES)
def test_an_entered_mode_is_not_called(names, ran, mode, make):
    names["item"] = make()
    with mode(ran):
        found, _, later = look(names)
        has_graph(names["kept"][0])
    assert ran.calls == []
    assert reached_bytes(found, "item") >= 16 * MIB
    assert reached_bytes(later, "kept") >= 16 * MIB


def test_a_mode_and_a_subclass_work_again_afterwards(names):
    seen = []

    class Mode(TorchFunctionMode):
        def __torch_function__(self, func, _types, args=(), kwargs=None):
            seen.append(func)
            return func(*args, **(kwargs or {}))

    names["item"] = big()
    with Mode():
        look(names)
        assert seen == []
        torch.ones(1)
    assert len(seen) == 1


def test_no_code_of_a_storages_class_runs(names, ran):
    members = ("device", "_cdata")
    methods = ("nbytes", "data_ptr", "_weak_ref", "__len__", "__eq__", "__hash__", "size")
    cls = type(
        "HostileStorage",
        (torch.UntypedStorage,),
        {name: property(ran(name)) for name in members} | {name: ran(name) for name in methods},
    )
    storage = cls(16 * MIB)
    names["item"] = torch.empty(0, dtype=torch.uint8).set_(storage, 0, (16 * MIB,), (1,))
    names["other"] = storage
    found, _, _ = look(names)
    assert ran.calls == []
    assert reached_bytes(found, "item") >= 16 * MIB
    assert reached_bytes(found, "other") >= 16 * MIB


def test_no_code_of_an_errors_class_runs(names, ran):
    links = ("__traceback__", "__cause__", "__context__")
    cls = type("Hostile", (ValueError,), {name: property(ran(name)) for name in links})
    error = cls()
    BaseException.__dict__["args"].__set__(error, (big(),))
    names["item"] = error
    found, _, _ = look(names)
    assert ran.calls == []
    assert reached_bytes(found, "item") >= 16 * MIB


def test_no_key_of_a_librarys_table_is_asked(names, ran, monkeypatch):
    import json.decoder

    class Key:
        __repr__ = ran("__repr__")

    del names
    monkeypatch.setattr(json.decoder, "kept", {Key(): big()}, raising=False)
    found = find_holders(MIB)
    assert any(each.name == "json.decoder.kept" for each in found.holders)
    assert ran.calls == []


def test_no_class_of_a_cycle_is_asked_for_its_name(names, ran):
    del names
    meta = type("Meta", (type,), {"__getattribute__": ran("metaclass __getattribute__")})
    cls = meta("Odd", (), {"__slots__": ("held",)})
    held = type.__getattribute__(cls, "__dict__")["held"]
    gc.disable()
    try:
        item = object.__new__(cls)
        held.__set__(item, [item, big()])
        del item
        found = find_holders(MIB)
    finally:
        gc.enable()
    assert any(each.name == "cycle through Odd" for each in found.holders)
    assert ran.calls == []


def test_a_threads_class_and_arguments_are_not_asked(names, ran):
    del names
    done = threading.Event()

    class Odd:
        __bool__ = ran("__bool__")
        __len__ = ran("__len__")
        __call__ = staticmethod(lambda _x: done.wait())

    class Worker(threading.Thread):
        ident = property(ran("ident"))
        name = property(ran("name"))

    thread = Worker(target=Odd(), args=(big(),), name="worker")
    thread.start()
    try:
        found = find_holders(MIB)
    finally:
        done.set()
        threading.Thread.join(thread)
    assert any("worker" in each.name for each in found.holders)
    assert ran.calls == []


# Finalizers


class Mortal:
    """Part of a cycle; says when it was collected."""

    gone: list

    def __del__(self):
        self.gone.append(1)


def litter(gone, count=50):
    """Leave garbage behind that the next collection finds, after some new objects."""
    items = [Mortal() for _ in range(count)]
    for item in items:
        item.gone, item.me = gone, item
    del item
    gc.collect(0)
    items.clear()


@pytest.fixture
def hasty_collector():
    """Collects whenever a few new objects were made."""
    before = gc.get_threshold()
    yield lambda: gc.set_threshold(100, 1, 1)
    gc.set_threshold(*before)


@pytest.mark.parametrize("is_on", [True, False], ids=["collection on", "collection off"])
def test_no_finalizer_runs_in_a_search_and_collection_is_as_before(names, hasty_collector, is_on):
    gone = []
    names["item"] = [big(), *([n] for n in range(500))]
    gc.disable()
    litter(gone)
    hasty_collector()
    try:
        (gc.enable if is_on else gc.disable)()
        found = find_holders(MIB)
        during = len(gone)
        assert gc.isenabled() == is_on
    finally:
        gc.enable()
    assert during == 0
    assert reached_bytes(found, "item") >= 16 * MIB


LOOKS = {
    "find_holders": lambda: find_holders(MIB),
    "names_holding": lambda: names_holding({1}, 1.0),
    "a walk": lambda: Walker({}, 1.0).storages([big()]),
}


@pytest.mark.parametrize("run", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_collection_is_as_before_after_every_look(run, is_on):
    (gc.enable if is_on else gc.disable)()
    try:
        run()
        assert gc.isenabled() == is_on
    finally:
        gc.enable()


def test_collection_is_as_before_when_a_search_raises(monkeypatch):
    monkeypatch.setattr(search, "Memory", SimpleNamespace)
    with pytest.raises(AttributeError):
        find_holders(MIB)
    assert gc.isenabled()


def test_nested_looks_hold_collection_off_until_the_last_has_ended():
    with no_user_code.without_user_code():
        with no_user_code.without_user_code():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_looks_of_two_threads_hold_collection_off_until_both_have_ended():
    inside, go_on = threading.Event(), threading.Event()

    def other():
        with no_user_code.without_user_code():
            inside.set()
            go_on.wait()

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait()
    with no_user_code.without_user_code():
        pass
    assert not gc.isenabled()
    go_on.set()
    thread.join()
    assert gc.isenabled()


def test_who_switched_collection_on_meanwhile_has_it_on():
    gc.disable()
    with no_user_code.without_user_code():
        gc.enable()
    assert gc.isenabled()
