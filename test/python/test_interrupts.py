"""Interrupts that come while a hook of ours runs: nothing is printed, and the cell gets them."""

import pytest
from kernels import ROOT

#: Lets the next hook that looks at the memory be interrupted while it does.
INTERRUPTED = """
import signal, sys, threading, time
cells = sys.modules["jupyterlab_vram.cells.recorder"]
real, left = cells.allocations_or_none, [{skip}]
def interrupted():
    if threading.current_thread() is threading.main_thread():
        left[0] -= 1
        if left[0] == -1:
            {act}
    return real()
cells.allocations_or_none = interrupted
"""
SIGINT = "signal.raise_signal(signal.SIGINT)"


@pytest.fixture
def watched(start_kernel):
    kernel = start_kernel(path=[ROOT])
    kernel.run("import torch, time")
    kernel.attach(practice=True)
    return kernel


def prepare(kernel, act=SIGINT, skip=0):
    kernel.silently(INTERRUPTED.format(act=act, skip=skip))


def test_before_a_cell_the_cell_is_interrupted(watched):
    prepare(watched)
    message_id = watched.send("print('begun'); time.sleep(20); print('not reached')")
    reply = watched.reply_to(message_id, timeout_s=15)
    assert (reply["status"], reply["ename"]) == ("error", "KeyboardInterrupt")
    outcome = watched.finish(watched.send("1"))
    assert outcome.text == ""
    text = "".join(
        each["content"]["text"] for each in watched.messages if each["msg_type"] == "stream"
    )
    # The interrupt may come before the end of the line was written.
    assert text.strip() == "begun"


def test_while_the_code_is_read_the_cell_is_interrupted(watched):
    watched.run("held = torch.ones(2**20)")
    watched.silently(
        "import sys, signal\n"
        "cells = sys.modules['jupyterlab_vram.cells.recorder']\n"
        "cells.cell_names = lambda tree: signal.raise_signal(signal.SIGINT)"
    )
    outcome = watched.finish(watched.send("time.sleep(20)"), is_recorded=False)
    assert outcome.reply["ename"] == "KeyboardInterrupt"
    assert outcome.text == ""


def test_after_a_cell_it_harms_nobody(watched):
    # The first look of a cell is before it, the second after it.
    prepare(watched, skip=1)
    outcome = watched.finish(watched.send("print('done')"), is_recorded=False)
    assert (outcome.text, outcome.reply["status"]) == ("done\n", "ok")
    assert watched.run("print('next')").text == "next\n"
    assert watched.ask("attach", viewer="test")["running"] is None


def test_a_handler_of_the_person_raises_in_the_cell(watched):
    watched.run(
        "import signal\n"
        "def too_late(number, frame): raise TimeoutError('too late')\n"
        "signal.signal(signal.SIGALRM, too_late)"
    )
    prepare(watched, "signal.raise_signal(signal.SIGALRM)")
    outcome = watched.finish(watched.send("time.sleep(20)"), is_recorded=False)
    assert (outcome.reply["ename"], outcome.reply["evalue"]) == ("TimeoutError", "too late")
    assert outcome.text == ""


def test_a_cell_that_is_over_leaves_nothing_to_interrupt(watched):
    prepare(watched)
    watched.reply_to(watched.send("pass"))
    assert watched.run("time.sleep(0.3); print('whole')").text == "whole\n"


STORM = """
import os, signal, sys, threading, time
def in_hook(frame):
    while frame is not None:
        if frame.f_code.co_name == "guard" and "interrupts" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
def storm():
    main, end = threading.main_thread().ident, time.monotonic() + 600
    while time.monotonic() < end:
        if in_hook(sys._current_frames()[main]):
            signal.pthread_kill(main, signal.SIGINT)
            hits.append(1)
        time.sleep(0.0002)
hits = []
threading.Thread(target=storm, daemon=True).start()
"""


def test_in_a_storm_of_interrupts_nothing_is_printed(watched):
    watched.run("held = torch.ones(2**22)")
    watched.silently(STORM)
    watched.is_watched = False
    texts, names = [], set()
    for number in range(30):
        outcome = watched.run(f"held = torch.ones(2**20 + {number}); time.sleep(0.01)")
        texts.append(outcome.text)
        names.add(outcome.reply.get("ename"))
    assert watched.value("len(hits)") >= 30
    assert names <= {"KeyboardInterrupt", None}
    assert "KeyboardInterrupt" in names
    assert "".join(texts) == ""
    assert watched.ask("attach", viewer="test")["kind"] == "attached"


def test_a_request_that_is_interrupted_says_so(watched):
    watched.silently(
        "import sys, signal\n"
        "questions = sys.modules['jupyterlab_vram.agent.questions']\n"
        "questions.find_holders = lambda least: signal.raise_signal(signal.SIGINT)"
    )
    answer = watched.ask("holders", min_bytes=1)
    assert answer["reason"] == "The kernel was interrupted while it answered."
    assert watched.run("1").record["ok"] is True
