"""Asking a kernel while a cell runs, on a subshell."""

import time

import pytest
from kernels import HAS_SUBSHELLS, ROOT, Kernel

pytestmark = pytest.mark.skipif(not HAS_SUBSHELLS, reason="ipykernel 6 has no subshells")

CELLS = {
    "sleeping": "print('go', flush=True); time.sleep(1)",
    "computing": "print('go', flush=True)\nend = time.time() + 1\nwhile time.time() < end: pass",
    "awaiting": "print('go', flush=True); await asyncio.sleep(1)",
    "asynchronous, computing": "await asyncio.sleep(0); print('go', flush=True); time.sleep(1)",
    "running cells": (
        "get_ipython().run_cell('1'); print('go', flush=True); time.sleep(0.4)\n"
        "get_ipython().run_cell('2'); get_ipython().run_cell(' '); time.sleep(0.6)"
    ),
}


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("subshell"), path=[ROOT])
    kernel.run("import asyncio, time")
    kernel.subshell = kernel.create_subshell()
    yield kernel
    kernel.stop()


@pytest.fixture
def kernel(started):
    """A kernel that no agent watches yet."""
    started.silently(
        "__import__('sys').modules['jupyterlab_vram.frontend'].stop()"
        " if 'jupyterlab_vram.frontend' in __import__('sys').modules else None"
    )
    started.is_watched = False
    started.messages.clear()
    started.pushes.clear()
    return started


def begin(kernel, code, word="go\n", **options):
    """Run a cell up to where it prints ``word``."""
    message_id = kernel.send(code, **options)
    kernel.wait_until(lambda: any(each["content"].get("text") == word for each in kernel.messages))
    return message_id


def statuses(kernel):
    return [
        (each["parent_header"]["msg_id"], each["content"]["execution_state"])
        for each in kernel.messages
        if each["msg_type"] == "status"
    ]


@pytest.mark.parametrize("code", CELLS.values(), ids=CELLS)
def test_attach_reports_the_running_cell_and_leaves_the_kernel_busy(kernel, code):
    began_s = time.time()
    message_id = begin(kernel, code, cell_id="the-cell")
    answer = kernel.ask("attach", viewer="test", interval_ms=250, subshell=kernel.subshell)
    assert answer["running"] is not None
    assert answer["running"]["cell_id"] == "the-cell"
    assert began_s - 1 <= answer["running"]["started"] <= time.time()

    kernel.wait_until(lambda: kernel.states(message_id).count("busy") == 4)
    assert statuses(kernel)[-1] == (message_id, "busy")
    kernel.finish(message_id, is_recorded=False)
    kernel.wait_until(lambda: not kernel.pushes[-1].payload["running"])
    assert statuses(kernel)[-1] == (message_id, "idle")
    during = [push for push in kernel.pushes if push.payload["running"]]
    # Part of no cell, and of no request that anybody made.
    assert {push.parent_type for push in during} == {"kernel_info_request"}
    assert message_id not in {push.parent_id for push in during}
    # Its start was not seen, so there is nothing to tell of it; of the next there is.
    assert kernel.pushes[-1].payload["finished"] is None
    kernel.is_watched = True
    assert kernel.run("1 + 1", cell_id="next").record["cell_id"] == "next"
    assert kernel.pushes[-1].payload["running"] is None


def test_the_kernel_is_idle_again_when_the_cell_ended_during_the_request(kernel):
    kernel.attach()
    message_id = begin(kernel, "print('go', flush=True); time.sleep(0.05)")
    kernel.ask("attach", viewer="test", subshell=kernel.subshell)
    kernel.finish(message_id)
    kernel.listen(0.5)
    assert statuses(kernel)[-1][1] == "idle"


def test_the_next_cell_stays_busy_when_the_request_came_during_the_last(kernel):
    kernel.attach()
    begin(kernel, "print('go', flush=True); time.sleep(0.1)")
    second = kernel.send("time.sleep(0.9)")
    kernel.ask("attach", viewer="test", subshell=kernel.subshell)
    kernel.wait_until(lambda: kernel.states(second))
    kernel.listen(0.5)
    assert statuses(kernel)[-1] == (second, "busy")
    kernel.finish(second)


def test_silent_code_is_not_taken_for_a_cell(kernel):
    message_id = begin(kernel, "print('go', flush=True); time.sleep(1)", silent=True)
    answer = kernel.ask("attach", viewer="test", subshell=kernel.subshell)
    assert answer["running"] is None
    kernel.finish(message_id, is_recorded=False)


def test_clear_is_refused_while_a_cell_runs(kernel):
    message_id = begin(kernel, CELLS["awaiting"])
    answer = kernel.ask("clear", subshell=kernel.subshell)
    assert (answer["kind"], answer["reason"]) == (
        "refused",
        "A cell is running; clear when it has ended.",
    )
    kernel.finish(message_id, is_recorded=False)
    assert kernel.ask("clear", subshell=kernel.subshell)["kind"] == "cleared"


@pytest.mark.parametrize("name", ["sleeping", "awaiting"])
def test_an_adopted_cell_that_is_interrupted_is_over(kernel, name):
    message_id = begin(kernel, CELLS[name])
    kernel.ask("attach", viewer="test", subshell=kernel.subshell)
    kernel.interrupt()
    assert kernel.reply_to(message_id)["status"] == "error"
    kernel.wait_until(lambda: kernel.pushes and not kernel.pushes[-1].payload["running"])
    assert kernel.ask("attach", viewer="test", subshell=kernel.subshell)["running"] is None
