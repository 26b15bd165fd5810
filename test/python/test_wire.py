import json
import re
from pathlib import Path

import pytest
from wire import WireError, checked, checked_holdings

from jupyterlab_vram.agent import requests
from jupyterlab_vram.agent.questions import QUESTIONS

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "test" / "fixtures"
FIXTURE = json.loads((FIXTURES / "messages.json").read_text(encoding="utf-8"))
HOLDINGS = json.loads((FIXTURES / "holdings.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("message", FIXTURE["valid"], ids=lambda each: str(each["sequence"]))
def test_checked_accepts_what_the_front_end_accepts(message):
    assert checked(message) == message


@pytest.mark.parametrize("case", FIXTURE["invalid"], ids=lambda each: each["why"])
def test_checked_refuses_what_the_front_end_refuses(case):
    with pytest.raises(WireError):
        checked(case["message"])


@pytest.mark.parametrize("answer", HOLDINGS["valid"], ids=lambda each: str(each["seconds"]))
def test_checked_holdings_accepts_what_the_front_end_accepts(answer):
    assert checked_holdings(answer) == answer


@pytest.mark.parametrize("case", HOLDINGS["invalid"], ids=lambda each: each["why"])
def test_checked_holdings_refuses_what_the_front_end_refuses(case):
    with pytest.raises(WireError):
        checked_holdings(case["answer"])


def test_checked_refuses_figures_that_are_no_numbers():
    message = {**FIXTURE["valid"][0], "sequence": float("nan")}
    with pytest.raises(WireError, match="sequence"):
        checked(message)


def test_the_docs_list_every_request_and_no_other():
    docs = (ROOT / "docs" / "wire-format.md").read_text(encoding="utf-8")
    table = docs.partition("| Request")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == {
        *QUESTIONS,
        *requests._OPERATIONS,
    }
