import json
from pathlib import Path

import pytest
from wire import WireError, checked

FIXTURE = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "messages.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("message", FIXTURE["valid"], ids=lambda each: str(each["sequence"]))
def test_checked_accepts_what_the_front_end_accepts(message):
    assert checked(message) == message


@pytest.mark.parametrize("case", FIXTURE["invalid"], ids=lambda each: each["why"])
def test_checked_refuses_what_the_front_end_refuses(case):
    with pytest.raises(WireError):
        checked(case["message"])


def test_checked_refuses_figures_that_are_no_numbers():
    message = {**FIXTURE["valid"][0], "sequence": float("nan")}
    with pytest.raises(WireError, match="sequence"):
        checked(message)
