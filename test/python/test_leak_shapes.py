"""Every leak shape, in a real kernel: named, freed by the printed lines, and no false warning.

Those with float32; with bfloat16 they have a file of their own, which runs side by side.
"""

import pytest
from leak_cases import BENIGN, FLOAT, HELD, problems


@pytest.mark.parametrize("shape", HELD, ids=lambda each: each.name)
def test_a_leak_is_named_and_freed(leak_runner, shape):
    result = leak_runner.examine(shape, FLOAT)
    assert problems(shape, result) == [], result
    assert result.is_identity, result


@pytest.mark.parametrize("shape", BENIGN, ids=lambda each: each.name)
def test_what_is_normal_is_not_warned_of(leak_runner, shape):
    result = leak_runner.examine(shape, FLOAT)
    assert problems(shape, result) == [], result
    assert result.is_identity
