"""Viewers that go away without a word: their lease ends, and with the last one all pushes."""

import time
from types import SimpleNamespace

import pytest

from jupyterlab_vram.agent import requests as frontend
from jupyterlab_vram.agent import viewers

THREADS = (
    "[each.name for each in __import__('threading').enumerate()"
    " if each.name.startswith('jupyterlab-vram')]"
)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    clock = SimpleNamespace(now_s=100.0)
    monkeypatch.setattr(viewers, "time", SimpleNamespace(monotonic=lambda: clock.now_s))
    return clock


def test_a_lease_ends_without_a_sign_of_life(clock):
    known = viewers.Viewers()
    known.add("page", 0.25, 60.0)
    known.note_request("page", "session")
    known.add("older front end", 0.25, None)
    clock.now_s += 59
    assert known.lapsed() == []
    known.note_request("page", "session")
    clock.now_s += 59
    assert known.lapsed() == []
    clock.now_s += 1
    assert known.lapsed() == ["page"]
    clock.now_s += 10**6
    assert known.lapsed() == ["page"]


def test_a_cell_is_a_sign_of_life_of_its_own_page_alone(clock):
    known = viewers.Viewers()
    for name in ("page", "another"):
        known.add(name, 0.25, 60.0)
        known.note_request(name, f"session of {name}")
    clock.now_s += 50
    known.note_start("session of page")
    known.note_end()
    clock.now_s += 20
    assert known.lapsed() == ["another"]


def test_the_clock_stands_still_while_a_cell_runs(clock):
    known = viewers.Viewers()
    known.add("page", 0.25, 60.0)
    known.note_request("page", "session")
    clock.now_s += 50
    known.note_start("somebody else")
    clock.now_s += 3600
    assert known.lapsed() == []
    known.note_end()
    clock.now_s += 9
    assert known.lapsed() == []
    clock.now_s += 1
    assert known.lapsed() == ["page"]


def test_a_lease_that_is_renewed_in_a_cell_counts_from_its_end(clock):
    known = viewers.Viewers()
    known.add("page", 0.25, 60.0)
    known.note_start("somebody else")
    clock.now_s += 1000
    known.note_request("page", "session")
    clock.now_s += 1000
    known.note_end()
    clock.now_s += 59
    assert known.lapsed() == []
    clock.now_s += 1
    assert known.lapsed() == ["page"]


@pytest.mark.parametrize(
    ("wanted", "lease_s"),
    [(None, None), (900, 900.0), (0, 5.0), (-1, 5.0), (1e12, 86400.0), (float("inf"), 86400.0)],
)
def test_a_lease_is_bounded(wanted, lease_s):
    assert frontend._lease_s(wanted) == lease_s


def test_when_the_last_lease_has_ended_nothing_runs_in_the_kernel(kernel):
    kernel.detach("test")
    kernel.ask("attach", viewer="gone", interval_ms=250, lease_s=5)
    began_s = time.monotonic()
    kernel.run("time.sleep(7)")
    assert kernel.value(THREADS) == ["jupyterlab-vram"]
    last = kernel.wait_until(lambda: [each for each in kernel.pushes if each.payload.get("lapsed")])
    assert [each.payload["lapsed"] for each in last] == [["gone"]]
    assert last[0].parent_type == "kernel_info_request"
    # What the cell took does not count.
    assert time.monotonic() - began_s > 7 + 4
    kernel.wait_until(lambda: kernel.value(THREADS) == [])
    kernel.pushes.clear()
    kernel.run("x = torch.ones(2**22)")
    kernel.listen(0.5)
    assert kernel.pushes == []
    assert kernel.attach()["kind"] == "attached"


def test_who_stays_is_told_on(kernel):
    kernel.ask("attach", viewer="gone", interval_ms=250, lease_s=5)
    kernel.wait_until(lambda: [each for each in kernel.pushes if each.payload.get("lapsed")])
    assert kernel.run("x = torch.ones(2**22)").push is not None


def test_any_request_of_a_viewer_renews_its_lease(kernel):
    kernel.ask("attach", viewer="alive", interval_ms=250, lease_s=5)
    for _ in range(6):
        kernel.listen(1.5)
        kernel.ask("failure", viewer="alive")
    assert not any(each.payload.get("lapsed") for each in kernel.pushes)
    kernel.detach("alive")


def test_requests_take_turns(kernel):
    kernel.silently(
        "import sys, threading\n"
        "frontend = sys.modules['jupyterlab_vram.agent.requests']\n"
        "real, inside, most = frontend._OPERATIONS['attach'], [], []\n"
        "def slow(agent, fields):\n"
        "    inside.append(1); most.append(len(inside))\n"
        "    __import__('time').sleep(0.05)\n"
        "    try: return real(agent, fields)\n"
        "    finally: inside.pop()\n"
        "frontend._OPERATIONS['attach'] = slow\n"
        'request = \'{"op": "attach", "viewer": "test", "interval_ms": 250}\'\n'
        "each = [threading.Thread(target=frontend.handle, args=(request,)) for _ in range(6)]\n"
        "[thread.start() for thread in each]; [thread.join() for thread in each]\n"
        "frontend._OPERATIONS['attach'] = real"
    )
    assert kernel.value("most") == [1] * 6
