"""Requests that make no sense, and hosts that cannot push."""

import json
import subprocess
import sys

import pytest
from kernels import ROOT
from wire import checked


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"op": "explode"}, "The agent failed: KeyError('explode')"),
        ({"op": "attach"}, "The agent failed: KeyError('viewer')"),
        ({"op": "attach", "viewer": "x", "interval_ms": "soon"}, "The agent failed: ValueError("),
        ({"op": "attach", "viewer": "x", "interval_ms": None}, "The agent failed: TypeError("),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_request_that_makes_no_sense_is_refused(kernel, fields, reason):
    boot = kernel.ask("attach", viewer="test")["boot"]
    answer = kernel.ask(**fields)
    assert (answer["kind"], answer["boot"]) == ("refused", boot)
    assert answer["reason"].startswith(reason)
    assert kernel.value("hasattr(__import__('sys'), 'last_traceback')") is False


@pytest.mark.parametrize(
    ("interval_ms", "interval_s"),
    [(250, 0.25), (0, 0.25), (-5, 0.25), (1e12, 5.0), (float("inf"), 5.0), (float("nan"), 0.25)],
)
def test_the_pace_is_bounded(kernel, interval_ms, interval_s):
    kernel.detach("test")
    kernel.ask("attach", viewer="bounded", interval_ms=interval_ms)
    pace = (
        "__import__('sys').modules['jupyterlab_vram.agent.requests']._host.agent._pusher.interval_s"
    )
    assert kernel.value(pace) == interval_s
    kernel.detach("bounded")


def test_viewers_are_bounded_and_the_oldest_give_way(kernel):
    for number in range(20):
        kernel.ask("attach", viewer=f"viewer {number}" + "x" * 100, interval_ms=250)
    viewers = kernel.value(
        "__import__('sys').modules['jupyterlab_vram.agent.requests']._host.agent._viewers.names()"
    )
    assert len(viewers) == 16
    assert (viewers[0][:9], viewers[-1][:9]) == ("viewer 4x", "viewer 19")
    assert {len(each) for each in viewers} == {64}
    for number in range(20):
        kernel.ask("detach", viewer=f"viewer {number}" + "x" * 100)


def test_read_takes_one_reading_and_leaves_no_viewer(kernel):
    viewers = (
        "__import__('sys').modules['jupyterlab_vram.agent.requests']._host.agent._viewers.names()"
    )
    for others in ([], ["other"]):
        for viewer in others:
            kernel.ask("attach", viewer=viewer, interval_ms=250)
        before = kernel.value(viewers)
        answer = kernel.ask("read", viewer="passing")
        assert answer["kind"] == "done"
        assert [each["id"] for each in answer["reading"]["devices"]] == ["practice"]
        assert kernel.value(viewers) == before
    kernel.detach("other")


def test_practice_is_switched_by_an_attach(kernel):
    def devices(**options):
        answer = kernel.ask("attach", viewer="test", interval_ms=250, **options)
        return [each["id"] for each in answer["reading"]["devices"]]

    try:
        assert devices(practice=None) == ["practice"]
        assert devices(practice=False) == []
        assert kernel.run("x = torch.ones(2**20); del x").push["reading"]["state"] != "ok"
    finally:
        assert devices(practice=True) == ["practice"]


def test_clear_gives_back_the_cache_and_collects_cycles(kernel):
    kernel.run("cycle = [torch.ones(2**22)]; cycle.append(cycle); gc.disable(); del cycle")
    answer = kernel.ask("clear")
    (device,) = answer["clear"]["devices"]
    assert answer["kind"] == "cleared"
    assert answer["clear"]["collected_objects"] >= 1
    assert device["before_allocated_bytes"] - device["after_allocated_bytes"] >= 2**24
    assert device["after_reserved_bytes"] == device["after_allocated_bytes"]


NO_KERNEL = """
import json, sys
{before}
from jupyterlab_vram.frontend import handle, stop
payload = handle('{{"op": "attach", "viewer": "x"}}').payload
print(json.dumps(payload))
stop()
"""


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        ("", "This kernel runs no IPython shell"),
        ("import IPython", "This kernel runs no IPython shell"),
        (
            "from IPython.testing.globalipapp import start_ipython; start_ipython()",
            "This kernel is not an ipykernel 6 or newer",
        ),
    ],
    ids=["Python", "no shell", "IPython"],
)
def test_where_nothing_can_be_pushed_a_sentence_says_so(before, reason, tmp_path):
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", NO_KERNEL.format(before=before)],
        env={"PYTHONPATH": str(ROOT), "IPYTHONDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer = checked(json.loads(done.stdout))
    assert (answer["kind"], answer["reason"]) == ("refused", reason)
    assert done.stderr == ""


def test_the_thread_ends_with_the_kernel(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.run(
        "import atexit, sys, threading\n"
        "atexit.register(lambda: print(threading.enumerate(), file=sys.__stderr__))"
    )
    kernel.attach(practice=True)
    kernel.run("time = __import__('time'); time.sleep(0.1)")
    kernel.send("exit()")
    kernel.wait_for_end()
    assert "MainThread" in kernel.log_text()
    assert "jupyterlab-vram" not in kernel.log_text()
    assert "Traceback" not in kernel.log_text()
