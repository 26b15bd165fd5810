"""Every leak shape, in a real kernel: named, freed by the printed lines, and no false warning."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "leaks"))

from runner import Runner, can_run, problems
from shapes import BENIGN, HELD, SIZES


@pytest.fixture(scope="module")
def runner(torch_kernel):
    runner = Runner(torch_kernel, "cpu")
    yield runner
    runner.clean()


@pytest.mark.parametrize("size", SIZES, ids=lambda each: each.name)
@pytest.mark.parametrize(
    "shape", [each for each in HELD if can_run(each, "cpu")], ids=lambda each: each.name
)
def test_a_leak_is_named_and_freed(runner, shape, size):
    result = runner.examine(shape, size)
    assert problems(shape, result) == [], result
    assert result.is_identity, result


@pytest.mark.parametrize("size", SIZES, ids=lambda each: each.name)
@pytest.mark.parametrize("shape", BENIGN, ids=lambda each: each.name)
def test_what_is_normal_is_not_warned_of(runner, shape, size):
    result = runner.examine(shape, size)
    assert problems(shape, result) == [], result
    assert result.is_identity
