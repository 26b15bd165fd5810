"""What the garbage collector is asked about, and what it must not be asked about."""

import asyncio
import gc
import importlib.util
import sys
from types import ModuleType

import pytest
from quiet_torch import torch

from jupyterlab_vram.holders import referrers
from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.roots.referents import is_module, referents, without_modules


class LazyModule(ModuleType):
    """A module of a class of its own, as lazy ones are."""

    def __getattribute__(self, name):
        raise AssertionError(f"asked the module for {name}")


@pytest.mark.parametrize("kind", [ModuleType, LazyModule])
def test_a_module_tells_its_names_only(kind):
    module = kind("far")
    names = ModuleType.__dict__["__dict__"].__get__(module)
    inner = [1]
    assert list(map(id, referents(module))) == [id(names)]
    assert list(map(id, referents([inner]))) == [id(inner)]
    others, modules = without_modules([inner, module, 1, sys])
    assert others == [inner, 1]
    assert list(map(id, modules)) == [id(module), id(sys)]


@pytest.mark.usefixtures("practice_device")
@pytest.mark.parametrize("few", [0, 100])
def test_the_search_never_asks_the_collector_about_a_module(monkeypatch, few):
    monkeypatch.setattr(referrers, "_FEW", few)
    asked = []

    def get_referents(*items):
        asked.append(len(items))
        modules = [each for each in items if issubclass(type(each), ModuleType)]
        assert modules == []
        return original(*items)

    original = gc.get_referents
    gc.disable()
    cycle = [torch.empty(2**24)]
    cycle.append(cycle)
    del cycle
    monkeypatch.setattr(gc, "get_referents", get_referents)
    found = find_holders()
    gc.enable()
    assert any(each.kind == "cycle" for each in found.holders)
    assert len(asked) > 10


@pytest.mark.skipif(importlib.util.find_spec("_asyncio") is None, reason="asyncio is in Python")
def test_what_asyncio_freed_stays_freed():
    # Hangs where the collector is asked about `_asyncio` (Python 3.12.0 to 3.12.5, 3.13.0).
    async def wait():
        iterator = iter(asyncio.get_running_loop().create_future())
        del iterator

    asyncio.run(wait())
    for _ in range(3):
        assert len(referents(sys.modules["_asyncio"])) == 1


def test_a_class_that_is_no_module_is_asked_as_ever():
    assert is_module(sys) is True
    assert is_module(ModuleType) is False
