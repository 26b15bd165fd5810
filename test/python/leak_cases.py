"""The leak shapes that run without a GPU."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "leaks"))

import shapes
from runner import Runner, can_run, problems
from shapes import BENIGN, BFLOAT, FLOAT

__all__ = ["BENIGN", "BFLOAT", "FLOAT", "HELD", "Runner", "problems"]

HELD = [each for each in shapes.HELD if can_run(each, "cpu")]
# Each has a file of tests.
assert shapes.SIZES == (FLOAT, BFLOAT)
