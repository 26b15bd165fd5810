"""Many variables and little time: the largest are named, and what is partial is said to be."""

import gc
import sys

import pytest
from quiet_torch import torch

from jupyterlab_vram.holders.holders import find_holders
from jupyterlab_vram.holders.search import Search
from jupyterlab_vram.holders.walker import Walker
from jupyterlab_vram.magics import report

pytestmark = pytest.mark.usefixtures("practice_device")

MIB = 2**20
MANY = 100_000
MAIN = vars(sys.modules["__main__"])


class Row:
    def __init__(self, number):
        self.tags = [number]


KINDS = {
    "numbers": lambda number: number,
    "lists": lambda number: [number],
    "dictionaries": lambda number: {"a": [number], "b": (number, [number])},
    "objects": Row,
    "small tensors": lambda _number: torch.empty(2),
}


@pytest.fixture
def names():
    before = set(MAIN)
    yield MAIN
    for name in set(MAIN) - before:
        del MAIN[name]
    gc.collect()


def fill(names, make):
    gc.disable()
    names.update({f"v{number}": make(number) for number in range(MANY)})
    gc.enable()
    # Last of all, as a person's model after a loop over `globals()`.
    names["model"] = torch.nn.Linear(4096, 4096, dtype=torch.bfloat16)
    names["history"] = [{"out": torch.empty(4096, 4096, dtype=torch.bfloat16)}]
    names["weight"] = torch.empty(4096, 4096, dtype=torch.bfloat16)


@pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)
def test_the_large_are_named_among_a_hundred_thousand_variables(names, make):
    fill(names, make)
    found = find_holders()
    named = {each.name for each in found.holders}
    assert {"model", "history", "weight"} <= named
    # Objects of a person's own take longest: a walk looks into each.
    assert found.is_complete or make in (KINDS["small tensors"], KINDS["objects"])


def test_who_was_found_is_said_though_the_time_was_up(names):
    names["slow"] = [[[n] for n in range(300)] for _ in range(6_000)]
    names["model"] = torch.nn.Linear(4096, 4096, dtype=torch.bfloat16)
    names["weight"] = torch.empty(4096, 4096, dtype=torch.bfloat16)
    names["Out_of_sight"] = [[names["slow"]], torch.empty(4096, 4096, dtype=torch.bfloat16)]
    found = find_holders(seconds=0.12)
    assert not found.is_complete
    assert {"model", "weight"} <= {each.name for each in found.holders}
    assert "there may be more holders" in report.holders(found)
    (rest,) = [each for each in found.holders if each.kind == "unattributed"]
    assert "ran out of time" in rest.note


def test_a_probe_tells_whether_anything_is_reached_and_remembers_what_reaches_nothing():
    walker = Walker({}, 10.0)
    empty, full = [[1], [2]], [[torch.empty(MIB)]]
    assert not walker.reaches_any([empty])
    assert walker.reaches_any([empty, full])
    assert walker.is_complete
    assert len(walker.storages(full)) == 1


def test_a_probe_that_has_no_time_is_not_complete():
    walker = Walker({}, 0.0)
    assert not walker.reaches_any([[torch.empty(MIB)]])
    assert not walker.is_complete


def test_each_of_many_variables_is_found_under_its_own_name(names):
    names.update({f"v{number}": [number] for number in range(2_000)})
    names.update({f"keep{number}": [torch.empty(2**20)] for number in range(40)})
    names["v77"].append(names["keep3"])
    reaches = Search(10.0).reaches(lambda _found: True)
    found = {each.root.name for each in reaches if each.root.kind == "variable"}
    assert {f"keep{number}" for number in range(40)} | {"v77"} <= found
    assert "" not in found
